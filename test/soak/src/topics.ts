import type { Engine } from "@tidegate/core";

/** The topics that last as long as the soak. */
export const topics = {
  /** Published to with the SDK, in batches; one group reads it, in a process that lives and one that is killed. */
  stream: "stream",
  /** Published to over HTTP; groups come and go. */
  web: "web",
  /** Some of its messages are delayed, fail, are dead-lettered and redriven; read in order by one group. */
  work: "work",
} as const;

/** The groups that last. */
export const groups = { steady: "steady", ordered: "ordered", flaky: "flaky" } as const;

/** Makes them, with a log whose length is bounded by time. */
export async function makeTopics(engine: Engine, retentionMs: number): Promise<void> {
  const retention = { ms: retentionMs };
  await engine.topics.put(topics.stream, { partitions: 4, retention });
  await engine.topics.put(topics.web, { partitions: 4, retention, compression: "gzip" });
  await engine.topics.put(topics.work, { partitions: 2, retention });
  const backoff = { initialMs: 50, maxMs: 500 };
  await engine.groups.put(topics.stream, groups.steady, { leaseMs: 3000 });
  await engine.groups.put(topics.web, groups.steady, { leaseMs: 3000 });
  await engine.groups.put(topics.work, groups.ordered, { ordering: "partition", leaseMs: 3000, backoff });
  await engine.groups.put(topics.work, groups.flaky, { maxDeliveries: 3, leaseMs: 3000, backoff });
}
