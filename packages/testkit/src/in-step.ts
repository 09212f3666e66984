import type { Redis } from "ioredis";

/** Whether every replica of a master has all that it has now. */
export async function isInStep(master: Redis): Promise<boolean> {
  const info = await master.info("replication");
  const has = Number(/master_repl_offset:(\d+)/.exec(info)?.[1]);
  const replicas = [...info.matchAll(/slave\d+:.*state=(\w+),offset=(\d+)/g)];
  return (
    replicas.length > 0 && replicas.every(([, state, offset]) => state === "online" && Number(offset) >= has)
  );
}
