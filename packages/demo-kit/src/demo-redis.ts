import { startEmbeddedRedis } from "@tidegate/embedded-redis";
import { connectRedis, requireRedis } from "./connect-redis.ts";
import { forgetNamespace } from "./forget-namespace.ts";

export interface DemoRedisOptions {
  /** Null: a Redis of the demo's own, in a temporary folder. */
  readonly redisUrl: string | null;
  readonly namespace: string;
  /** Told what is installed. */
  readonly log?: ((line: string) => void) | undefined;
  /** Told when a Redis of the demo's own ends. */
  readonly onDeath: (error: Error) => void;
}

export interface DemoRedis {
  readonly url: string;
  /** Leaves nothing behind: ends the Redis, or takes the namespace out of one that was there. */
  stop(): Promise<unknown>;
}

/** The Redis that a demo uses. */
export async function startDemoRedis({
  redisUrl,
  namespace,
  log,
  onDeath,
}: DemoRedisOptions): Promise<DemoRedis> {
  if (redisUrl !== null) {
    await requireRedis(redisUrl);
    return { url: redisUrl, stop: () => forget(redisUrl, namespace) };
  }
  const redis = await startEmbeddedRedis({ appendonly: "everysec", install: true, ...(log && { log }) });
  redis.exited.then(() => onDeath(new Error("Redis ended")));
  return { url: redis.url, stop: () => redis.stop() };
}

async function forget(redisUrl: string, namespace: string): Promise<void> {
  const redis = connectRedis(redisUrl);
  await forgetNamespace(redis, namespace).finally(() => redis.disconnect());
}
