import { connections } from "../http-publish/load-generator.ts";
import type { Contestant } from "../scenario.ts";
import { startServerChild } from "../server-child.ts";
import { measurePolls } from "./poll-tickets.ts";

const ticketLength = 60;

/** What Node can serve at all: a Hono route that looks nothing up and answers as much. */
export const bareTickets: Contestant = {
  name: "raw",
  share: 1,
  configuration: `a bare Hono route on @hono/node-server that looks nothing up and answers as much, ${connections} connections`,
  async measure({ messages }) {
    const server = await startServerChild(new URL("./bare-tickets-main.ts", import.meta.url), "");
    try {
      const rate = await measurePolls(server.url, messages.count, (index) => ({
        ticket: `${index}-`.padEnd(ticketLength, "t"),
        answer: `"position":${index},`,
      }));
      return [rate];
    } finally {
      await server.stop();
    }
  },
};
