import { Redis } from "ioredis";

/** Connects to the sale's Redis. A connection that breaks is made again; what waited for it too long fails, and is repeated above. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 5 });
  // Without a listener ioredis prints every attempt; what fails for it is told by whoever asked.
  redis.on("error", () => {});
  return redis;
}
