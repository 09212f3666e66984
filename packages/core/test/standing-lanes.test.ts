import { manualClock, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine, type GroupSettings } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

async function shop(settings: GroupSettings) {
  const clock = manualClock();
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: clock.now });
  onTestFinished(() => engine.stop());
  const { topic } = await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", settings);
  return {
    clock,
    engine,
    append: (keys: readonly string[], more = {}) =>
      engine.append(
        "t",
        keys.map((key) => ({ key: Buffer.from(key), value: Buffer.from(key), ...more })),
      ),
    async take(maxMessages: number) {
      const { leases } = await engine.groups.receive("t", "g", { maxMessages });
      return leases;
    },
    states: async (...offsets: number[]) => (await engine.groups.standing("t", "g", 0, offsets)).states,
    look: (offset: number) =>
      engine.tickets.look({ topicId: topic.topicId, partition: 0, offset, delayedId: null }),
  };
}

test("a group with order by key: parked waits, leased and retried is processed, what has ended has ended", async () => {
  const { engine, clock, append, take, states, look } = await shop({ ordering: "key", maxDeliveries: 2 });
  await append(["a", "b", "a", "c", "a", "b"]);
  expect(await states(0, 5)).toEqual(["waiting", "waiting"]);
  const [lease] = await take(1);
  const held = lease!.messages[0]!.offset;
  expect(held).toBe(0);
  expect(await states(0, 1, 2, 3, 4, 5)).toEqual([
    ...["processing", "waiting", "waiting", "waiting", "waiting", "waiting"],
  ]);
  expect(await look(3)).toMatchObject({ state: "waiting", position: 3 });
  await engine.groups.settle("t", "g", lease!.id, { retry: [{ offset: 0, delayMs: 60_000 }] });
  expect(await states(0, 2)).toEqual(["processing", "waiting"]);
  for (;;) {
    const leases = await take(10);
    if (leases.length === 0) break;
    for (const { id } of leases) await engine.groups.settle("t", "g", id, { ack: "all" });
  }
  // Behind the retry of their key, 2 and 4 wait.
  expect(await states(0, 1, 2, 3, 4, 5)).toEqual([
    ...["processing", "ended", "waiting", "ended", "waiting", "ended"],
  ]);
  expect(await look(5)).toMatchObject({ state: "done", position: null });
  expect(await look(4)).toMatchObject({ state: "waiting", position: 4 });
  clock.advance(60_000);
  const [again] = await take(1);
  await engine.groups.settle("t", "g", again!.id, { deadLetter: [{ offset: 0, reason: "no such key" }] });
  expect(await look(0)).toMatchObject({ state: "failed", error: "no such key" });
  const [rest] = await take(10);
  await engine.results.put("t", "g", [{ partition: 0, offset: 2, value: "two" }]);
  await engine.groups.settle("t", "g", rest!.id, { ack: "all" });
  expect(await look(2)).toMatchObject({ state: "done", resultText: '"two"' });
  expect(await look(4)).toMatchObject({ state: "done", resultText: null });
});

test("a limit holds messages back: they wait, and the rate is measured", async () => {
  const { engine, clock, append, take, states, look } = await shop({
    rate: { limit: 10, intervalMs: 1000, burst: 1 },
  });
  await append(Array.from({ length: 100 }, (_, n) => `k${n}`));
  for (let round = 0; round < 40; round += 1) {
    for (const { id } of await take(10)) await engine.groups.settle("t", "g", id, { ack: "all" });
    clock.advance(100);
  }
  const [first, last] = await states(0, 99);
  expect([first, last]).toEqual(["ended", "waiting"]);
  const { position, etaMs } = await look(99);
  expect(position).toBeGreaterThan(50);
  expect(etaMs! / position!).toBeCloseTo(100, -2);
});

test("a delayed message goes into lanes as well, and its ticket with it", async () => {
  const { engine, clock, append, take } = await shop({ concurrency: 5 });
  const { outcomes, topic } = await append(["a", "b"], { delayMs: 1000 });
  const [, second] = outcomes;
  if (second?.status !== "delayed") throw new Error("not delayed");
  const place = { topicId: topic.topicId, partition: 0, offset: null, delayedId: second.delayedId };
  expect(await engine.tickets.look(place)).toMatchObject({ state: "waiting", etaMs: 1000 });
  clock.advance(1500);
  const leases = await take(10);
  expect(leases.flatMap(({ messages }) => messages)).toHaveLength(2);
  expect(await engine.tickets.look(place)).toMatchObject({ state: "processing", offset: 1 });
  for (const { id } of leases) await engine.groups.settle("t", "g", id, { ack: "all" });
  expect(await engine.tickets.look(place)).toMatchObject({ state: "done" });
});

test("a group that leaves its lanes, and comes back, loses sight of nothing", async () => {
  const { engine, append, take, states } = await shop({ ordering: "key" });
  await append(["a", "b", "c", "a", "d", "e"]);
  const [lease] = await take(2);
  const held = lease!.messages.map(({ offset }) => offset);
  expect(held).toHaveLength(2);
  const rest = [0, 1, 2, 3, 4, 5].filter((offset) => !held.includes(offset));
  const expectHeld = async () => {
    expect(new Set(await states(...held))).toEqual(new Set(["processing"]));
    for (const state of await states(...rest)) expect(["waiting", "processing"]).toContain(state);
  };
  await expectHeld();
  await engine.groups.put("t", "g", { ordering: "none" });
  await expectHeld();
  await take(1);
  await expectHeld();
  await engine.groups.settle("t", "g", lease!.id, { ack: "all" });
  expect(new Set(await states(...held))).toEqual(new Set(["ended"]));
  for (;;) {
    const leases = await take(10);
    if (leases.length === 0) break;
    for (const { id } of leases) await engine.groups.settle("t", "g", id, { ack: "all" });
  }
  expect(new Set(await states(0, 1, 2, 3, 4, 5))).toEqual(new Set(["ended"]));
  await append(["f"]);
  await engine.groups.put("t", "g", { ordering: "key" });
  expect(await states(5, 6)).toEqual(["ended", "waiting"]);
  const [again] = await take(1);
  expect(await states(5, 6)).toEqual(["ended", "processing"]);
  await engine.groups.settle("t", "g", again!.id, { ack: "all" });
  expect(await states(5, 6)).toEqual(["ended", "ended"]);
});
