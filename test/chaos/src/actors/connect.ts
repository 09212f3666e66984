import { Cluster, Redis } from "ioredis";
import type { ActorConfig } from "./actor-config.ts";

/** A client as an app would have it. */
export function connect({ redis, patience }: Pick<ActorConfig, "redis" | "patience">): Redis | Cluster {
  const options = {
    retryStrategy: (attempt: number) => Math.min(attempt * 20, 300),
    ...(patience === "endless" ? { maxRetriesPerRequest: null } : {}),
    ...(patience === "short" ? { maxRetriesPerRequest: 2, socketTimeout: 2000 } : {}),
    reconnectOnError: (error: Error): 2 | false => (error.message.startsWith("READONLY") ? 2 : false),
  };
  const client =
    redis.kind === "single"
      ? new Redis(redis.port, "127.0.0.1", options)
      : new Cluster(
          redis.ports.map((port) => ({ host: "127.0.0.1", port })),
          { redisOptions: options, clusterRetryStrategy: (attempt) => Math.min(attempt * 20, 300) },
        );
  // An outage is what is wanted here.
  client.on("error", () => {});
  return client;
}
