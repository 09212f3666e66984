import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { Logger } from "pino";

/**
 * What holds for every connection of the server. The engine's scripts may be repeated, so what was in flight when a
 * connection broke is sent again (ioredis's default). But no request may hang on an absent Redis: after two attempts to
 * reconnect, which takes well under 2 s, whatever waits fails. The engine repeats an append that failed so until its
 * call timeout; everything else is answered with REDIS_UNAVAILABLE.
 */
export const connectionOptions = {
  maxRetriesPerRequest: 2,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, 500),
  connectTimeout: 3_000,
  /** A peer that vanished without a word: commands that are unanswered for so long break the connection. */
  socketTimeout: 10_000,
  keepAlive: 10_000,
  /** The failover of a managed Redis leaves connections to what is a replica now. */
  reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? 2 : false),
} satisfies RedisOptions;

/** What the server does with its client beyond what the engine asks of it. */
export type RedisClient = Redis | Cluster;

/**
 * Connects, or goes on trying for ever, to
 * - `redis://[user:password@]host[:port][/database]` (`rediss://` with TLS): one server,
 * - several of them separated by commas, or `redis+cluster://host:port` (`rediss+cluster://`): a Redis Cluster,
 *   of which these nodes are asked first; user and password are those of the first.
 */
export function connectRedis(url: string, log: Logger): RedisClient {
  const client = isCluster(url) ? connectCluster(url) : new Redis(url, connectionOptions);
  let reported = false;
  client.on("error", (error: Error) => {
    if (!reported) log.warn({ reason: error.message }, "redis is not reachable");
    reported = true;
  });
  client.on("ready", () => {
    if (reported) log.info("redis is reachable again");
    reported = false;
  });
  return client;
}

function isCluster(url: string): boolean {
  return url.includes(",") || /^rediss?\+cluster:/.test(url);
}

function connectCluster(url: string): Cluster {
  const nodes = url.split(",").map((node) => {
    const withScheme = /^[a-z+]+:\/\//.test(node.trim()) ? node.trim() : `redis://${node.trim()}`;
    return new URL(withScheme.replace("+cluster:", ":"));
  });
  const first = nodes[0]!;
  return new Cluster(
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) })),
    {
      redisOptions: {
        ...connectionOptions,
        ...(first.username === "" ? {} : { username: decodeURIComponent(first.username) }),
        ...(first.password === "" ? {} : { password: decodeURIComponent(first.password) }),
        ...(first.protocol === "rediss:" ? { tls: {} } : {}),
      },
      clusterRetryStrategy: (attempt) => Math.min(attempt * 50, 500),
    },
  );
}
