import { type RedisAddress, readRedisAddress } from "@tidegate/core";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { Logger } from "pino";
import { followMaster } from "./follow-master.ts";

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

/** Connects to what an address names (see `readRedisAddress`), or goes on trying for ever. */
export function connectRedis(url: string, log: Logger): RedisClient {
  const client = connect(readRedisAddress(url));
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

function connect(address: RedisAddress): RedisClient {
  if (address.kind === "single") return new Redis(address.url, connectionOptions);
  if (address.kind === "sentinel") return connectSentinel(address);
  return new Cluster([...address.nodes], {
    redisOptions: { ...connectionOptions, ...access(address), ...(address.tls ? { tls: {} } : {}) },
    clusterRetryStrategy: (attempt) => Math.min(attempt * 50, 500),
  });
}

/** Sentinels are asked for the master at each connect, and listened to for the news that it is another one. */
function connectSentinel(address: RedisAddress & { kind: "sentinel" }): Redis {
  const { sentinels, master, database, sentinelPassword, tls } = address;
  const client = new Redis({
    ...connectionOptions,
    ...access(address),
    sentinels: [...sentinels],
    name: master,
    role: "master",
    db: database,
    sentinelRetryStrategy: (attempt) => Math.min(attempt * 50, 500),
    sentinelCommandTimeout: 3_000,
    /** A former master that hangs does not answer the end of a connection. */
    disconnectTimeout: 250,
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  });
  const watched = sentinels.map((sentinel) => ({
    ...sentinel,
    ...(sentinelPassword === null ? {} : { password: sentinelPassword }),
    ...(tls ? { tls: {} } : {}),
  }));
  return followMaster(client, master, watched);
}

function access({ username, password }: { username: string | null; password: string | null }) {
  return { ...(username === null ? {} : { username }), ...(password === null ? {} : { password }) };
}
