import { afterEach, expect, inject, test } from "vitest";
import { type LanesBench, lanesBench, textsOf } from "./lanes-bench.ts";

const benches: LanesBench[] = [];
afterEach(async () => {
  await Promise.all(benches.splice(0).map((bench) => bench.close()));
});
function newBench(): LanesBench {
  const bench = lanesBench(inject("redisUrl"));
  benches.push(bench);
  return bench;
}

const of = (key: string) => ({ key: Buffer.from(key), headers: [] });

test("a lane that is held gives nothing out, and the others go on", async () => {
  const bench = newBench();
  const { engine, topic, group, clock } = bench;
  await bench.begin(2, { perKey: { concurrency: 10 } });
  await bench.publish(["a:1", "a:2", "b:1", "b:2"], 0);
  await bench.publish(["a:3", "c:1"], 1);
  const first = await bench.receive(1);
  expect(textsOf(first.leases)).toEqual(["a:1"]);
  await engine.groups.holdLane(topic, group, of("a"), { forMs: 5_000 });
  await bench.settle(first.leases[0]!, { release: [0] });
  expect(await engine.groups.holdingLane(topic, group, of("a"))).toEqual({
    heldUntil: clock.now() + 5_000,
    forMs: 5_000,
    probe: true,
  });
  expect(await engine.groups.holdingLane(topic, group, of("b"))).toBeNull();
  const others = await bench.receive();
  expect(textsOf(others.leases).sort()).toEqual(["b:1", "b:2", "c:1"]);
  for (const lease of others.leases) await bench.settle(lease);
  clock.advance(4_999);
  expect((await bench.receive()).leases).toEqual([]);
  expect((await engine.audit(topic)).findings).toEqual([]);
  expect((await engine.groups.flow(topic, group)).keys).toMatchObject([
    { key: Uint8Array.of(97), waiting: 3, mayGoAt: clock.now() + 1 },
  ]);
});

test("when the time is over one message at a time is given out, until the hold is ended", async () => {
  const bench = newBench();
  const { engine, topic, group, clock } = bench;
  await bench.begin(1, { perKey: { concurrency: 10 } });
  await bench.publish(["a:1", "a:2", "a:3"]);
  await engine.groups.holdLane(topic, group, of("a"), { forMs: 1_000 });
  clock.advance(1_000);
  const probe = await bench.receive();
  expect(textsOf(probe.leases)).toEqual(["a:1"]);
  expect((await bench.receive()).leases).toEqual([]);
  // The probe fails: held again, longer; a shorter one takes nothing away.
  await engine.groups.holdLane(topic, group, of("a"), { forMs: 2_000 });
  await engine.groups.holdLane(topic, group, of("a"), { forMs: 10 });
  await bench.settle(probe.leases[0]!, { release: [0] });
  expect((await engine.groups.holdingLane(topic, group, of("a")))!.heldUntil).toBe(clock.now() + 2_000);
  clock.advance(2_000);
  const second = await bench.receive();
  expect(second.leases[0]!.messages[0]).toMatchObject({ offset: 0, attempt: 1 });
  await bench.settle(second.leases[0]!);
  const third = await bench.receive();
  expect(textsOf(third.leases)).toEqual(["a:2"]);
  await engine.groups.holdLane(topic, group, of("a"), null);
  await engine.groups.holdLane(topic, group, of("a"), null);
  expect(textsOf((await bench.receive()).leases)).toEqual(["a:3"]);
  expect(await engine.groups.holdingLane(topic, group, of("a"))).toBeNull();
});

test("a hold that nobody asks for again is forgotten, with the lane", async () => {
  const bench = newBench();
  const { engine, topic, group, clock, redis } = bench;
  await bench.begin(1, { perKey: { concurrency: 10 } });
  await bench.publish(["a:1"]);
  const { leases } = await bench.receive();
  await engine.groups.holdLane(topic, group, of("a"), { forMs: 1_000 });
  await bench.settle(leases[0]!);
  clock.advance(20 * 60_000);
  await bench.receive();
  for (const kind of ["lanes", "due", "turns"])
    expect([kind, await redis.exists(`{${bench.namespace}:${topic}:g:${group}}:${kind}`)]).toEqual([kind, 0]);
});

test("to reset a key ends its hold", async () => {
  const bench = newBench();
  const { engine, topic, group } = bench;
  await bench.begin(1, { perKey: { concurrency: 10 } });
  await bench.publish(["a:1"]);
  await engine.groups.holdLane(topic, group, of("a"), { forMs: 60_000 });
  expect((await bench.receive()).leases).toEqual([]);
  await engine.groups.changeFlow(topic, group, { keys: [{ key: Buffer.from("a"), reset: true }] });
  expect(textsOf((await bench.receive()).leases)).toEqual(["a:1"]);
});

test("where a message has no lane of its own the whole group is held", async () => {
  const bench = newBench();
  const { engine, topic, group, clock } = bench;
  await bench.begin(1, { perKey: { concurrency: 10 } });
  const none = { key: null, headers: [] };
  await engine.groups.holdLane(topic, group, none, { forMs: 1_000 });
  expect(await engine.groups.holding(topic, group)).toMatchObject({
    heldUntil: clock.now() + 1_000,
    probe: true,
  });
  expect(await engine.groups.holdingLane(topic, group, none)).toMatchObject({ forMs: 1_000 });
  await engine.groups.holdLane(topic, group, none, null);
  expect(await engine.groups.holding(topic, group)).toBeNull();
  await expect(engine.groups.holdLane(topic, group, none, { forMs: -1 })).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "forMs" },
  });
});
