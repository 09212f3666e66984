import type { Contestant } from "../scenario.ts";
import { startServerChild } from "../server-child.ts";
import { connections, measurePublishes } from "./load-generator.ts";
import type { PublishKind } from "./publish-requests.ts";

const ticketLength = 60;

/** What Node can serve at all: a Hono route that parses the same JSON, keeps nothing, and answers as much. */
export function bareRoute(kind: PublishKind): Contestant {
  return {
    name: "raw",
    share: 1,
    configuration: `a bare Hono route on @hono/node-server that parses the same JSON and answers as much, ${connections} connections`,
    async measure({ messages }) {
      const server = await startServerChild(
        new URL("./bare-main.ts", import.meta.url),
        "T".repeat(ticketLength),
      );
      try {
        return [await measurePublishes(server.url, messages, kind)];
      } finally {
        await server.stop();
      }
    },
  };
}
