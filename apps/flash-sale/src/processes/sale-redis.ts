import { startEmbeddedRedis } from "@tidegate/embedded-redis";
import { connectRedis, requireRedis } from "../connect-redis.ts";
import { forgetNamespace } from "../forget-namespace.ts";

export interface SaleRedisOptions {
  /** Null: a Redis of the sale's own, in a temporary folder. */
  readonly redisUrl: string | null;
  readonly namespace: string;
  /** Told what is installed. */
  readonly log?: ((line: string) => void) | undefined;
  /** Told when a Redis of the sale's own ends. */
  readonly onDeath: (error: Error) => void;
}

export interface SaleRedis {
  readonly url: string;
  /** Leaves nothing behind: ends the Redis, or takes the namespace out of one that was there. */
  stop(): Promise<unknown>;
}

/** The Redis that a sale uses. */
export async function startSaleRedis({
  redisUrl,
  namespace,
  log,
  onDeath,
}: SaleRedisOptions): Promise<SaleRedis> {
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
