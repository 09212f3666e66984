import { manualClock, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine, type GroupSettings } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

async function shop(settings: GroupSettings = {}, topicSettings = {}) {
  const clock = manualClock();
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: clock.now });
  onTestFinished(() => engine.stop());
  await engine.topics.put("t", { partitions: 1, ...topicSettings });
  await engine.groups.put("t", "g", settings);
  return {
    clock,
    engine,
    append: (count: number) =>
      engine.append(
        "t",
        Array.from({ length: count }, (_, n) => ({ value: Buffer.from(String(n)) })),
      ),
    async lease(maxMessages: number) {
      const { leases } = await engine.groups.receive("t", "g", { maxMessages });
      return leases[0]!;
    },
    standing: (...offsets: number[]) => engine.groups.standing("t", "g", 0, offsets),
    states: async (...offsets: number[]) => (await engine.groups.standing("t", "g", 0, offsets)).states,
  };
}

test("each message is told for itself, also where holders overlap", async () => {
  const { engine, append, lease, standing, states } = await shop();
  await append(12);
  const first = await lease(10);
  expect(await standing(0, 9, 10, 11)).toMatchObject({
    committed: 0,
    next: 10,
    states: ["processing", "processing", "waiting", "waiting"],
  });
  await engine.groups.settle("t", "g", first.id, {
    ack: [0, 2, 4, 6, 8],
    retry: [
      { offset: 1, delayMs: 1000 },
      { offset: 9, delayMs: 1000 },
      { offset: 3, delayMs: 2000 },
      { offset: 5, delayMs: 2000 },
    ],
    deadLetter: [{ offset: 7, reason: "broken" }],
  });
  expect(await states(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)).toEqual([
    ...["ended", "processing", "ended", "processing", "ended", "processing", "ended", "ended", "ended"],
    ...["processing", "waiting"],
  ]);
  expect(await standing()).toMatchObject({ committed: 1, next: 10, states: [] });
});

test("what is released at the end waits again; what was acknowledged through extend has ended", async () => {
  const { engine, append, lease, states } = await shop();
  await append(4);
  const held = await lease(4);
  await engine.groups.extend("t", "g", held.id, { ack: [1], release: [3] });
  expect(await states(0, 1, 2, 3)).toEqual(["processing", "ended", "processing", "waiting"]);
  await engine.groups.settle("t", "g", held.id, { ack: "all" });
  expect(await states(0, 1, 2, 3)).toEqual(["ended", "ended", "ended", "waiting"]);
});

test("an expired lease is still being processed; a redriven dead letter again", async () => {
  const { engine, clock, append, lease, states } = await shop({ maxDeliveries: 1 });
  await append(2);
  await lease(1);
  clock.advance(60_000);
  expect(await states(0)).toEqual(["processing"]);
  await engine.groups.settle("t", "g", (await lease(1)).id, { ack: "all" });
  expect(await states(0, 1)).toEqual(["ended", "ended"]);
  await engine.groups.redrive("t", "g", { all: true });
  expect(await states(0, 1)).toEqual(["processing", "ended"]);
});

test("what retention took before the group came is told as expired", async () => {
  const { clock, append, lease, states } = await shop({}, { retention: { ms: 60_000 } });
  await append(3);
  clock.advance(1000);
  await append(1);
  clock.advance(120_000);
  await append(1);
  expect(await states(0, 2, 3)).toEqual(["expired", "expired", "waiting"]);
  await lease(2);
  expect(await states(0, 2, 3, 4)).toEqual(["expired", "expired", "processing", "processing"]);
});

test("a seek back makes what has ended wait again", async () => {
  const { engine, append, lease, states } = await shop();
  await append(3);
  await engine.groups.settle("t", "g", (await lease(3)).id, { ack: "all" });
  await engine.groups.seek("t", "g", { offsets: { 0: 1 } });
  expect(await states(0, 1, 2)).toEqual(["ended", "waiting", "waiting"]);
});

test("the rate counts the time in which there was something to do, and no other", async () => {
  const { engine, clock, append, lease, standing } = await shop();
  expect((await standing()).rate).toBeNull();
  await append(100);
  for (let second = 0; second < 3; second += 1) {
    const held = await lease(10);
    clock.advance(1000);
    await engine.groups.settle("t", "g", held.id, { ack: "all" });
  }
  expect((await standing()).rate).toBeCloseTo(10, 1);
  await engine.groups.settle("t", "g", (await lease(100)).id, { ack: "all" });
  // A quiet hour in which consumers look now and then.
  for (let look = 0; look < 120; look += 1) {
    clock.advance(30_000);
    expect((await engine.groups.receive("t", "g")).leases).toEqual([]);
  }
  expect((await standing()).rate).toBeCloseTo(10, 1);
  const { backlog } = await append(50);
  expect(backlog.etaMs).toBeCloseTo(5000, -2);
  await engine.groups.pause("t", "g");
  expect((await standing()).rate).toBeNull();
});

test("a rate that nobody measures any more is no rate", async () => {
  const { engine, clock, append, lease, standing } = await shop();
  await append(100);
  const held = await lease(10);
  clock.advance(1000);
  await engine.groups.settle("t", "g", held.id, { ack: "all" });
  expect((await standing()).rate).toBeCloseTo(10, 1);
  clock.advance(61_000);
  expect((await standing()).rate).toBeNull();
});

test("groups and topics that are not there are told", async () => {
  const { engine } = await shop();
  await expect(engine.groups.standing("t", "nobody", 0, [])).rejects.toMatchObject({
    code: "GROUP_NOT_FOUND",
  });
  await expect(engine.groups.standing("nowhere", "g", 0, [])).rejects.toMatchObject({
    code: "TOPIC_NOT_FOUND",
  });
});
