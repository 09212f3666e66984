import { testNamespace } from "@tidegate/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine, type TopicSettings } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

async function topicWith(settings: TopicSettings) {
  const clock = { at: 1_000_000 };
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false, now: () => clock.at });
  await engine.topics.put("t", { partitions: 1, ...settings });
  const key = (name: string) => `{${namespace}:t:0}:0:${name}`;
  const state = async () => (await engine.topics.describe("t")).partitionStates[0]!;
  return { engine, clock, key, state };
}

const kilobyte = { value: Buffer.alloc(1000) };

test("a log keeps to its bytes, within a sixteenth, and says where it starts", async () => {
  const { engine, state } = await topicWith({ retention: { bytes: 50_000 } });
  for (let n = 0; n < 200; n += 1) {
    await engine.append("t", [kilobyte]);
    expect((await state()).bytes).toBeLessThanOrEqual(50_000 + 50_000 / 16 + 1100);
  }
  const { start, end, messages, bytes } = await state();
  expect(end).toBe(200);
  expect(messages).toBe(end - start);
  expect(bytes).toBeGreaterThan(40_000);
  const { messages: read } = await engine.read("t", 0, { from: "earliest", limit: 1 });
  expect(read[0]?.offset).toBe(start);
  await expect(engine.read("t", 0, { from: 0 })).rejects.toMatchObject({ code: "OFFSET_OUT_OF_RANGE" });
  expect((await engine.audit("t")).findings).toEqual([]);
});

test("a log forgets what is older than its time, also when nobody appends any more", async () => {
  const { engine, clock, state, key } = await topicWith({ retention: { ms: 10_000 } });
  for (let second = 0; second < 30; second += 1) {
    await engine.append("t", [kilobyte]);
    clock.at += 1000;
  }
  const { start, end } = await state();
  expect(end).toBe(30);
  expect(start).toBeGreaterThanOrEqual(19);
  expect(start).toBeLessThanOrEqual(20);
  clock.at += 60_000;
  await engine.housekeep();
  expect(await state()).toMatchObject({ start: 30, end: 30, bytes: 0, messages: 0 });
  expect(await redis.xlen(key("log"))).toBe(0);
  const { outcomes } = await engine.append("t", [kilobyte]);
  expect(outcomes[0]).toMatchObject({ offset: 30 });
});

test("a group that retention left behind goes on at the earliest message, and counts what it lost", async () => {
  const { engine, state } = await topicWith({ retention: { bytes: 20_000 } });
  await engine.groups.put("t", "slow");
  const held = await (async () => {
    await engine.append(
      "t",
      Array.from({ length: 4 }, () => kilobyte),
    );
    return engine.groups.acquire("t", "slow", 0, { maxMessages: 4 });
  })();
  await engine.groups.settle("t", "slow", held.lease!.id, { ack: [0], retry: [{ offset: 1, delayMs: 0 }] });
  for (let n = 0; n < 60; n += 1) await engine.append("t", [kilobyte]);
  const { start } = await state();
  const seen: number[] = [];
  for (;;) {
    const { leases } = await engine.groups.receive("t", "slow", { maxMessages: 1000 });
    if (leases.length === 0) break;
    for (const { id, messages } of leases) {
      seen.push(...messages.map(({ offset }) => offset));
      await engine.groups.settle("t", "slow", id, { ack: "all" });
    }
  }
  expect(seen).toEqual(Array.from({ length: 64 - start }, (_, n) => start + n));
  const { expired, lag } = await engine.groups.describe("t", "slow");
  expect(lag).toBeLessThanOrEqual(2);
  expect(expired + seen.length + 1 + lag).toBe(64);
  expect((await engine.audit("t")).findings).toEqual([]);
});

test("a queue gives room only to what was acknowledged, and idle groups stop holding", async () => {
  const { engine, clock, state } = await topicWith({
    retention: { bytes: 20_000, policy: "queue", idleMs: 60_000 },
  });
  await engine.groups.put("t", "g");
  let appended = 0;
  const fill = async () => {
    for (;;) {
      const { outcomes } = await engine.append("t", [kilobyte]);
      if (outcomes[0]?.status === "refused") return outcomes[0].error.code;
      appended += 1;
    }
  };
  expect(await fill()).toBe("BACKLOG_FULL");
  expect((await state()).start).toBe(0);
  const { leases } = await engine.groups.receive("t", "g", { maxMessages: 8 });
  await engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" });
  const before = appended;
  expect(await fill()).toBe("BACKLOG_FULL");
  expect(appended - before).toBeGreaterThanOrEqual(6);
  expect((await state()).start).toBeLessThanOrEqual(8);
  clock.at += 61_000;
  const { outcomes } = await engine.append("t", [kilobyte]);
  expect(outcomes[0]?.status).toBe("appended");
});

test("marks stay few behind the last two minutes, whatever the traffic", async () => {
  const { engine, clock, key } = await topicWith({});
  for (let second = 0; second < 1500; second += 1) {
    await engine.append("t", [{ value: Buffer.from("x") }]);
    clock.at += 1000;
  }
  const marks = await redis.zrange(key("marks"), 0, -1, "WITHSCORES");
  const times = marks.filter((_, index) => index % 2 === 1).map(Number);
  expect(times.length).toBeLessThan(160);
  for (const [index, time] of times.slice(1).entries())
    expect(time - times[index]!).toBeLessThanOrEqual(61_000);
});

test("a position by time is the first message that is not older", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 30 }),
      fc.nat(1000),
      async (steps, share) => {
        const { engine, clock } = await topicWith({});
        const times: number[] = [];
        const begin = clock.at;
        for (const [pause, count] of steps) {
          clock.at += pause;
          await engine.append(
            "t",
            Array.from({ length: count }, () => ({ value: Buffer.from("x") })),
          );
          times.push(...Array.from({ length: count }, () => clock.at));
        }
        const time = Math.floor(begin + ((clock.at - begin + 2) * share) / 1000);
        const expected = times.findIndex((at) => at >= time);
        const { messages, end } = await engine.read("t", 0, { from: { time }, limit: 1 });
        expect(messages[0]?.offset ?? end).toBe(expected < 0 ? times.length : expected);
        await engine.topics.delete("t");
      },
    ),
    { numRuns: 60 },
  );
});

test("housekeeping trims dead-letter logs that nobody adds to any more", async () => {
  const { engine, clock } = await topicWith({ retention: { ms: 60_000 } });
  await engine.append("t", [{ value: Buffer.from("x") }]);
  await engine.groups.put("t", "g", { maxDeliveries: 1 });
  const { leases } = await engine.groups.receive("t", "g");
  await engine.groups.settle("t", "g", leases[0]!.id, {});
  expect((await engine.groups.deadLetters("t", "g")).messages.length).toBe(1);
  expect((await engine.topics.describe("t.g.dlq")).partitionStates).toMatchObject([
    { start: 0, end: 1, messages: 1 },
  ]);
  expect((await engine.topics.describe("t.none.dlq")).partitionStates).toMatchObject([{ start: 0, end: 0 }]);
  clock.at += 6 * 86_400_000;
  await engine.housekeep();
  expect((await engine.groups.deadLetters("t", "g")).messages.length).toBe(1);
  clock.at += 2 * 86_400_000;
  for (let round = 0; round < 10; round += 1) await engine.housekeep();
  expect((await engine.groups.deadLetters("t", "g")).messages).toEqual([]);
});
