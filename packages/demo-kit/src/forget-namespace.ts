import type { Redis } from "ioredis";

/** Removes what a demo has left in a Redis that is not its own. Namespaces are random, so nothing else matches. */
export async function forgetNamespace(redis: Redis, namespace: string): Promise<void> {
  for (let cursor = "0"; ; ) {
    const [next, keys] = await redis.scan(cursor, "MATCH", `{${namespace}[:/}]*`, "COUNT", 1_000);
    if (keys.length > 0) await redis.unlink(...keys);
    if (next === "0") return;
    cursor = next;
  }
}
