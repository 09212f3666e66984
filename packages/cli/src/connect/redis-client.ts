import { TidegateError } from "@tidegate/contracts";
import { Cluster, Redis, type RedisOptions } from "ioredis";

/** A person waits: a Redis that is away is told of at once, and one that goes away while a command runs soon. */
const options = {
  lazyConnect: true,
  maxRetriesPerRequest: 2,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, 500),
  connectTimeout: 5_000,
  socketTimeout: 15_000,
  reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? 2 : false),
} satisfies RedisOptions;

/** Connects to one server, or to a cluster: several nodes separated by commas, or `redis+cluster://`. Throws REDIS_UNAVAILABLE. */
export async function connectRedis(url: string): Promise<Redis | Cluster> {
  const client = isCluster(url) ? clusterOf(url) : new Redis(url, options);
  let reason: Error | null = null;
  client.on("error", (error: Error) => {
    reason ??= error;
  });
  try {
    await client.connect();
    await client.ping();
    return client;
  } catch (error) {
    client.disconnect();
    const text = causeOf(reason ?? error);
    throw new TidegateError("REDIS_UNAVAILABLE", `Redis cannot be reached: ${text}`, {}, error);
  }
}

function isCluster(url: string): boolean {
  return url.includes(",") || /^rediss?\+cluster:/.test(url);
}

function clusterOf(url: string): Cluster {
  const nodes = url.split(",").map((node) => {
    const withScheme = /^[a-z+]+:\/\//.test(node.trim()) ? node.trim() : `redis://${node.trim()}`;
    return new URL(withScheme.replace("+cluster:", ":"));
  });
  const first = nodes[0]!;
  return new Cluster(
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) })),
    {
      lazyConnect: true,
      clusterRetryStrategy: (attempt) => (attempt > 3 ? null : attempt * 100),
      redisOptions: {
        ...options,
        ...(first.username === "" ? {} : { username: decodeURIComponent(first.username) }),
        ...(first.password === "" ? {} : { password: decodeURIComponent(first.password) }),
        ...(first.protocol === "rediss:" ? { tls: {} } : {}),
      },
    },
  );
}

/** What lies at the bottom: a cluster's error says only that there were others, and one of several addresses says nothing. */
function causeOf(error: unknown): string {
  const { lastNodeError, errors, message, code } = error as Error & {
    lastNodeError?: Error;
    errors?: Error[];
    code?: string;
  };
  if (lastNodeError) return causeOf(lastNodeError);
  if (errors?.[0]) return causeOf(errors[0]);
  return message || code || "unknown reason";
}
