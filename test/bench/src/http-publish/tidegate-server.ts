import { Ledger } from "../ledger.ts";
import type { Contestant } from "../scenario.ts";
import { startServerChild } from "../server-child.ts";
import { enterLog, withEngine } from "../tidegate.ts";
import { connections, measurePublishes } from "./load-generator.ts";
import type { PublishKind } from "./publish-requests.ts";

/** The server as its users run it, a process of its own beside Redis. */
export function tidegateServer(kind: PublishKind): Contestant {
  const key = kind === "idempotent" ? " with an idempotency key of its own" : "";
  return {
    name: "tidegate",
    share: 1,
    configuration: `apps/server, 4 partitions, one message${key} a request, ${connections} connections`,
    measure: async ({ startRedis, messages }) => {
      const redis = await startRedis();
      return withEngine(redis, {}, async (_engine, open) => {
        const server = await startServerChild(new URL("../tidegate-main.ts", import.meta.url), redis.url);
        try {
          const rate = await measurePublishes(server.url, messages, kind);
          const ledger = new Ledger(messages);
          await enterLog(open, ledger, withoutQuotes);
          ledger.close("tidegate");
          return [rate];
        } finally {
          await server.stop();
        }
      });
    },
  };
}

/** A published JSON string is kept as JSON. */
function withoutQuotes(value: Uint8Array | null): Uint8Array | null {
  return value?.[0] === 0x22 ? value.subarray(1, -1) : value;
}
