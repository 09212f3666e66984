import { TidegateError } from "@tidegate/contracts";
import type { RedisAddress } from "@tidegate/core";
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

/** Connects to what an address names. Throws REDIS_UNAVAILABLE. */
export async function connectRedis(address: RedisAddress): Promise<Redis | Cluster> {
  const client = clientOf(address);
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

function clientOf(address: RedisAddress): Redis | Cluster {
  if (address.kind === "single") return new Redis(address.url, options);
  if (address.kind === "sentinel") return sentinelClient(address);
  return new Cluster([...address.nodes], {
    lazyConnect: true,
    clusterRetryStrategy: (attempt) => (attempt > 3 ? null : attempt * 100),
    redisOptions: { ...options, ...access(address), ...(address.tls ? { tls: {} } : {}) },
  });
}

function sentinelClient(address: RedisAddress & { kind: "sentinel" }): Redis {
  const { sentinels, master, database, sentinelPassword, tls } = address;
  return new Redis({
    ...options,
    ...access(address),
    sentinels: [...sentinels],
    name: master,
    role: "master",
    db: database,
    sentinelRetryStrategy: (attempt) => (attempt > 3 ? null : attempt * 100),
    sentinelCommandTimeout: 3_000,
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  });
}

function access({ username, password }: { username: string | null; password: string | null }) {
  return { ...(username === null ? {} : { username }), ...(password === null ? {} : { password }) };
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
