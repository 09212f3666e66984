import type { Contestant } from "../scenario.ts";
import { startServerChild } from "../server-child.ts";
import { load, measureEnqueues } from "./enqueue-requests.ts";

const idLength = 23;

/** What Node can serve at all: a Hono route that parses the same JSON, keeps nothing, and answers as much. */
export const bareEnqueue: Contestant = {
  name: "raw",
  share: 1,
  configuration: `a bare Hono route on @hono/node-server that parses the same JSON and answers as much, ${load}`,
  async measure({ messages }) {
    const server = await startServerChild(new URL("./bare-main.ts", import.meta.url), "r".repeat(idLength));
    try {
      return [await measureEnqueues(server.url, messages)];
    } finally {
      await server.stop();
    }
  },
};
