import type { RedisNode } from "@tidegate/core";
import { Redis } from "ioredis";

/** A Sentinel, and what it wants of who connects to it. */
export interface Sentinel extends RedisNode {
  readonly password?: string;
  readonly tls?: object;
}

/**
 * Has a client that asks Sentinels for its master, and each duplicate of it, ask again when they tell of a failover: a
 * former master that hangs, or that is cut off from all but this process, would be noticed by its silence alone, or never.
 *
 * In place of ioredis's `failoverDetector`, which ends a client for good when the news comes while that client, which has
 * lost its master, is asking a Sentinel (6.0: `connect` is rejected, and what is rejected is not tried again). One that is
 * not connected needs no news: it is left alone here.
 */
export function followMaster(client: Redis, master: string, sentinels: readonly Sentinel[]): Redis {
  const connections = new Set<Redis>();
  let lastNews = "";
  const hear = (news: string) => {
    // Every Sentinel tells of it: `<name> <host> <port> <new host> <new port>`.
    if (!news.startsWith(`${master} `) || news === lastNews) return;
    lastNews = news;
    for (const connection of connections) if (connection.status === "ready") connection.disconnect(true);
  };
  const watchers = sentinels.map((sentinel) => watch(sentinel, hear));
  client.once("end", () => {
    for (const watcher of watchers) watcher.disconnect();
  });
  return follow(client, connections);
}

/** Counts a connection, and what it is duplicated into, for as long as it lives. */
function follow(connection: Redis, connections: Set<Redis>): Redis {
  const duplicate = connection.duplicate.bind(connection);
  connection.duplicate = ((override) => follow(duplicate(override), connections)) as typeof duplicate;
  connections.add(connection);
  connection.once("end", () => connections.delete(connection));
  return connection;
}

/** Listens to one Sentinel, whenever it can be reached. */
function watch(sentinel: Sentinel, hear: (news: string) => void): Redis {
  const watcher = new Redis({
    ...sentinel,
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    connectTimeout: 3_000,
    keepAlive: 10_000,
  });
  // Whether Redis can be reached is told of its own connection.
  watcher.on("error", () => {});
  watcher.on("message", (_channel, news: string) => hear(news));
  // Rejected only when the watcher is ended.
  watcher.subscribe("+switch-master").catch(() => {});
  return watcher;
}
