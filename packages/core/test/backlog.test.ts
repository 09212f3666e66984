import { manualClock, startRedis, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine, type TopicSettings } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

async function shop(settings: TopicSettings) {
  const clock = manualClock();
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: clock.now });
  onTestFinished(() => engine.stop());
  await engine.topics.put("t", settings);
  await engine.groups.put("t", "g");
  const append = (count: number, more = {}) =>
    engine.append(
      "t",
      Array.from({ length: count }, () => ({ value: Buffer.alloc(100), ...more })),
    );
  return {
    clock,
    engine,
    append,
    /** So many messages a second, for so many seconds. */
    async drain(perSecond: number, seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        const { leases } = await engine.groups.receive("t", "g", { maxMessages: perSecond });
        clock.advance(1000);
        for (const { id } of leases) await engine.groups.settle("t", "g", id, { ack: "all" });
      }
    },
    /** What the first message that finds no room is told. */
    async refusal() {
      for (;;) {
        const [outcome] = (await append(1)).outcomes;
        if (outcome!.status === "refused") return outcome!.error;
      }
    },
  };
}

const full = (retryAfterMs: unknown) => ({
  code: "BACKLOG_FULL",
  retryable: true,
  details: { retryAfterMs },
});

test("a full gate says when enough will have drained, and 5 s while it cannot know", async () => {
  const { drain, refusal, engine } = await shop({ partitions: 1, gate: { id: "s", capacity: 400 } });
  expect(await refusal()).toMatchObject(full(5000));
  await drain(10, 5);
  // One more than fits: a tenth of a second, and nobody is sent away for less than one.
  expect(await refusal()).toMatchObject(full(1000));
  await engine.topics.put("t", { gate: { id: "s", capacity: 200 } });
  const { details } = await refusal();
  expect(details.retryAfterMs).toBeGreaterThan(19_000);
  expect(details.retryAfterMs).toBeLessThan(21_500);
  await engine.topics.put("t", { gate: { id: "s", capacity: 0 } });
  expect(((await refusal()).details.retryAfterMs as number) / 1000).toBeCloseTo(40, -1);
});

test("the gate of a topic placed together counts all partitions, and the rate of all", async () => {
  const { append, drain, refusal, engine } = await shop({
    ...{ partitions: 4, placement: "together", gate: { id: "s", capacity: 4000 } },
  });
  for (const partition of [0, 1, 2, 3]) await append(100, { partition });
  await drain(40, 6);
  await engine.topics.put("t", { gate: { id: "s", capacity: 60 } });
  const { backlog } = await (async () => {
    await engine.topics.put("t", { gate: { id: "s", capacity: 5000 } });
    return append(4, { partition: 2 });
  })();
  const described = await engine.groups.describe("t", "g");
  expect(backlog.messages).toBe(described.partitions[2]!.lag);
  await engine.topics.put("t", { gate: { id: "s", capacity: 60 } });
  const { details } = await refusal();
  // 164 wait, 40 a second leave.
  expect(details.retryAfterMs).toBeGreaterThan(1_000);
  expect(details.retryAfterMs).toBeLessThan(6_000);
});

test("the backlog of a publish speaks of the partitions that it wrote, once each", async () => {
  for (const settings of [
    { partitions: 3 },
    { partitions: 3, placement: "together" as const, gate: { id: "s", capacity: 1000 } },
  ]) {
    const { append, engine } = await shop(settings);
    await append(10, { partition: 0 });
    expect((await append(5, { partition: 1 })).backlog).toMatchObject({ messages: 5 });
    const both = await engine.append("t", [
      { value: null, partition: 0 },
      { value: null, partition: 1 },
    ]);
    expect(both.backlog).toMatchObject({ messages: 17 });
  }
});

test("delayed messages count as backlog, and neither as its age nor as its time", async () => {
  const { clock, append, drain } = await shop({ partitions: 1 });
  await append(30);
  await drain(10, 3);
  clock.advance(60_000);
  const { backlog } = await append(1000, { delayMs: 3_600_000 });
  expect(backlog).toEqual({ messages: 1000, oldestMs: 0, etaMs: 0 });
  const after = (await append(10)).backlog;
  expect(after).toMatchObject({ messages: 1010, oldestMs: 0 });
  expect(after.etaMs).toBeCloseTo(1000, -2);
  clock.advance(4000);
  expect((await append(1)).backlog).toMatchObject({ oldestMs: 4000 });
});

test("a log that nobody reads is as old as what it still has", async () => {
  const clock = manualClock();
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: clock.now });
  onTestFinished(() => engine.stop());
  await engine.topics.put("t", { partitions: 1, retention: { ms: 10_000 } });
  const publish = async () => (await engine.append("t", [{ value: Buffer.from("x") }])).backlog;
  for (let second = 0; second < 60; second += 1) {
    await publish();
    clock.advance(1000);
  }
  const { oldestMs, etaMs } = await publish();
  expect(etaMs).toBeNull();
  expect(oldestMs).toBeGreaterThan(8_000);
  expect(oldestMs).toBeLessThan(13_000);
});

test("a queue at its limit says when a mark's worth of it will have drained", async () => {
  const { append, drain, refusal } = await shop({
    ...{ partitions: 1, retention: { policy: "queue", bytes: 100_000 } },
  });
  await append(100);
  await drain(10, 5);
  const { details } = await refusal();
  // A mark is a sixteenth of the limit: some 45 messages of about 140 bytes, 10 a second.
  expect(details.retryAfterMs).toBeGreaterThan(2_000);
  expect(details.retryAfterMs).toBeLessThan(10_000);
});

test("a Redis without memory says when a sixteenth of the backlog will have drained, and 5 s while it cannot know", async () => {
  const full = await startRedis({ maxmemory: "12mb" });
  onTestFinished(() => full.stop());
  const clock = manualClock();
  const engine = new Engine({
    ...{ redis: full.client(), namespace: testNamespace(), subscribe: false, now: clock.now },
  });
  onTestFinished(() => engine.stop());
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g");
  const append = (bytes: number) => engine.append("t", [{ value: Buffer.alloc(bytes, "x") }]);
  const refusal = async () => {
    for (;;) {
      const error = await append(20_000).then(
        () => null,
        (thrown) => thrown,
      );
      if (error !== null) return error;
    }
  };
  expect(await refusal()).toMatchObject({ code: "OVERLOADED", details: { retryAfterMs: 5000 } });
  // One message every other second; what is acknowledged makes no room, since retention keeps it.
  for (let round = 0; round < 5; round += 1) {
    const { leases } = await engine.groups.receive("t", "g", { maxMessages: 1 });
    clock.advance(2000);
    await engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" });
  }
  await full.client().config("SET", "maxmemory", "13mb");
  const { backlog } = await append(1);
  expect(backlog.etaMs! / backlog.messages).toBeCloseTo(2000, -2);
  const error = await refusal();
  expect(error.code).toBe("OVERLOADED");
  expect(error.details.retryAfterMs).toBeGreaterThan(backlog.etaMs! / 16);
  expect(error.details.retryAfterMs).toBeLessThanOrEqual(300_000);
});
