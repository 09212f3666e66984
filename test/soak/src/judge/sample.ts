import type { Engine } from "@tidegate/core";
import type { WatchedProcess } from "@tidegate/fuzz/watched-process";
import type { Redis } from "ioredis";
import { groups, topics } from "../topics.ts";

/** What is watched, and in which unit. */
export const seriesUnits = {
  serverHeap: "MiB",
  serverRss: "MiB",
  workerHeap: "MiB",
  workerRss: "MiB",
  redisPerMessage: "B",
  retained: "of what was published",
  keys: "keys",
  connections: "connections",
  channels: "channels",
} as const;

export type Series = keyof typeof seriesUnits;

/** One look at everything. */
export type Sample = Readonly<Record<Series, number>> & {
  readonly atMs: number;
  /** How many the logs have. */
  readonly messages: number;
};

/** What is looked at. */
export interface Watched {
  readonly server: WatchedProcess;
  readonly worker: WatchedProcess;
  readonly redis: Redis;
  readonly engine: Engine;
  /** Messages that were published as long ago as retention keeps them, or later. */
  readonly publishedLately: () => number;
}

const mebibyte = 1024 * 1024;

/** Looks at the processes after a garbage collection, and at Redis. */
export async function takeSample(watched: Watched, atMs: number): Promise<Sample> {
  const { server, worker, redis, engine } = watched;
  const [inServer, inWorker, info, keys, channels] = await Promise.all([
    server.memory(),
    worker.memory(),
    redis.info(),
    redis.dbsize(),
    redis.call("PUBSUB", "CHANNELS") as Promise<unknown[]>,
  ]);
  const messages = await countRetained(engine);
  const number = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  // Less what is on its way to the disk or to a client at this moment.
  const data = number("used_memory") - number("mem_aof_buffer") - number("mem_clients_normal");
  return {
    atMs,
    serverHeap: inServer.heap / mebibyte,
    serverRss: inServer.rss / mebibyte,
    workerHeap: inWorker.heap / mebibyte,
    workerRss: inWorker.rss / mebibyte,
    redisPerMessage: (data - number("used_memory_startup")) / Math.max(1, messages),
    retained: messages / Math.max(1, watched.publishedLately()),
    ...{ messages, keys, connections: number("connected_clients"), channels: channels.length },
  };
}

/** Messages in the logs of the lasting topics, delayed ones and dead letters included. */
async function countRetained(engine: Engine): Promise<number> {
  const described = await Promise.all(Object.values(topics).map((name) => engine.topics.describe(name)));
  const counts = described.flatMap(({ partitionStates }) =>
    partitionStates.map(({ messages, delayed }) => messages + delayed),
  );
  const deadLetters = `${topics.work}.${groups.flaky}.dlq`;
  const { partitions } = described.find(({ name }) => name === topics.work)!;
  for (let partition = 0; partition < partitions; partition += 1) {
    const { start, end } = await engine.read(deadLetters, partition, { from: "latest", limit: 1 });
    counts.push(end - start);
  }
  return counts.reduce((sum, count) => sum + count, 0);
}
