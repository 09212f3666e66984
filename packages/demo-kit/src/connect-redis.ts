import { Redis } from "ioredis";

/** Connects to a demo's Redis. A connection that breaks is made again; what waited for it too long fails, and is repeated above. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 5 });
  // Without a listener ioredis prints every attempt; what fails for it is told by whoever asked.
  redis.on("error", () => {});
  return redis;
}

/** Throws when no Redis answers at the address, with the reason: better now than after a minute of repeats. */
export async function requireRedis(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 5_000 });
  let reason = "";
  redis.on("error", (error) => {
    reason = error.message;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw new Error(`no Redis answers at REDIS_URL: ${reason || (error as Error).message}`);
  } finally {
    redis.disconnect();
  }
}
