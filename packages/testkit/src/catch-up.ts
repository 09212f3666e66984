import type { Redis } from "ioredis";
import { eventually } from "./eventually.ts";

/** Waits until every replica of a master (one at least) has all that the master had when this was asked; that may take a second. */
export async function replicasCatchUp(master: Redis, timeoutMs = 10_000): Promise<void> {
  const wanted = Number(/master_repl_offset:(\d+)/.exec(await master.info("replication"))?.[1]);
  await eventually(
    "the replicas have caught up",
    async () => {
      const info = await master.info("replication");
      const replicas = [...info.matchAll(/slave\d+:.*state=(\w+),offset=(\d+)/g)];
      return (
        replicas.length > 0 &&
        replicas.every(([, state, offset]) => state === "online" && Number(offset) >= wanted)
      );
    },
    timeoutMs,
  );
}
