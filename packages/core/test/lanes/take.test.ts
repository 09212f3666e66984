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

test("what is out of a lane in order holds the rest of it, and no other", async () => {
  const bench = newBench();
  await bench.begin(1, { ordering: "key" });
  await bench.publish(["a:1", "b:1", "a:2", "c:1", "b:2", "free"]);
  const first = await bench.receive(1);
  expect(textsOf(first.leases)).toEqual(["a:1"]);
  const others = await bench.receive();
  expect(textsOf(others.leases)).toEqual(["b:1", "c:1", "b:2", "free"]);
  expect(textsOf((await bench.receive()).leases)).toEqual([]);
  await bench.settle(first.leases[0]!);
  expect(textsOf((await bench.receive()).leases)).toEqual(["a:2"]);
});

test("a retry holds its lane until it is due, and what lay behind it goes back", async () => {
  const bench = newBench();
  await bench.begin(1, { ordering: "key" });
  await bench.publish(["a:1", "a:2", "b:1", "a:3"]);
  const { leases } = await bench.receive();
  expect(textsOf(leases)).toEqual(["a:1", "a:2", "b:1", "a:3"]);
  expect(await bench.settle(leases[0]!, { ack: [0, 2, 3], retry: [{ offset: 1, delayMs: 500 }] })).toEqual({
    acked: 2,
    retried: 1,
    released: 1,
    deadLettered: 0,
  });
  expect(textsOf((await bench.receive()).leases)).toEqual([]);
  bench.clock.advance(500);
  const again = await bench.receive();
  expect(again.leases[0]!.messages.map(({ offset, attempt }) => [offset, attempt])).toEqual([
    [1, 2],
    [3, 1],
  ]);
  await bench.settle(again.leases[0]!);
  expect(await bench.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
});

test("a rate holds over everything that is handed out", async () => {
  const bench = newBench();
  await bench.begin(2, { rate: { limit: 10, intervalMs: 1000, burst: 3 } });
  await bench.publish(["a:1", "a:2", "b:3", "b:4"], 0);
  await bench.publish(["a:5", "a:6", "b:7", "8"], 1);
  expect(textsOf((await bench.receive()).leases)).toHaveLength(3);
  expect(textsOf((await bench.receive()).leases)).toHaveLength(0);
  bench.clock.advance(100);
  expect(textsOf((await bench.receive()).leases)).toHaveLength(1);
  bench.clock.advance(250);
  expect(textsOf((await bench.receive()).leases)).toHaveLength(2);
  expect(await bench.describe()).toMatchObject({ inFlight: 6, lag: 8 });
});

test("a concurrency holds over everything in flight, and its end lets the next go", async () => {
  const bench = newBench();
  await bench.begin(1, { concurrency: 2 });
  await bench.publish(["1", "2", "3"]);
  const { leases } = await bench.receive();
  expect(textsOf(leases)).toEqual(["1", "2"]);
  expect((await bench.receive()).leases).toEqual([]);
  await bench.settle(leases[0]!, { ack: [0], release: [1] });
  expect(textsOf((await bench.receive()).leases)).toEqual(["2", "3"]);
});

test("limits by key hold each key, and keys take turns", async () => {
  const bench = newBench();
  await bench.begin(1, { perKey: { rate: { limit: 1, intervalMs: 1000 }, concurrency: 1 } });
  await bench.publish(["a:1", "a:2", "b:1", "free", "b:2"]);
  const { leases } = await bench.receive();
  expect(textsOf(leases)).toEqual(["a:1", "b:1", "free"]);
  bench.clock.advance(1000);
  expect((await bench.receive()).leases).toEqual([]);
  await bench.settle(leases[0]!);
  expect(textsOf((await bench.receive(1)).leases)).toEqual(["a:2"]);
  expect(textsOf((await bench.receive(1)).leases)).toEqual(["b:2"]);
});

test("limits by a header", async () => {
  const bench = newBench();
  await bench.begin(1, { perKey: { header: "Tenant", concurrency: 1 } });
  const headers = (tenant: string) => [{ key: "tenant", value: Buffer.from(tenant) }];
  await bench.engine.append(bench.topic, [
    { value: Buffer.from("1"), headers: headers("x"), partition: 0 },
    { value: Buffer.from("2"), headers: headers("x"), partition: 0 },
    { value: Buffer.from("3"), headers: headers("y"), partition: 0 },
  ]);
  expect(textsOf((await bench.receive()).leases)).toEqual(["1", "3"]);
});

test("a lease that expires comes back with an attempt spent, single messages at the last", async () => {
  const bench = newBench();
  await bench.begin(1, { concurrency: 10, maxDeliveries: 2, leaseMs: 1000 });
  await bench.publish(["a:1", "b:1", "c:1"]);
  const { leases } = await bench.receive();
  bench.clock.advance(1000);
  await expect(bench.settle(leases[0]!)).rejects.toMatchObject({ code: "LEASE_LOST" });
  const rounds: string[][] = [];
  for (let round = 0; round < 3; round += 1) rounds.push(textsOf((await bench.receive()).leases));
  expect(rounds.map(({ length }) => length)).toEqual([1, 1, 1]);
  expect(rounds.flat().sort()).toEqual(["a:1", "b:1", "c:1"]);
  bench.clock.advance(1000);
  expect((await bench.receive()).leases).toEqual([]);
  const { messages } = await bench.engine.groups.deadLetters(bench.topic, bench.group);
  expect(messages.map(({ originOffset, attempts }) => [originOffset, attempts]).sort()).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
  expect(await bench.describe()).toMatchObject({ lag: 0, deadLettered: 3 });
});

test("a held group hands nothing out; then one message at a time until it is held no longer", async () => {
  const bench = newBench();
  const { engine, topic, group, clock } = bench;
  await bench.begin(1, { push: { url: "https://example.com" } });
  await bench.publish(["1", "2", "3"]);
  await engine.groups.hold(topic, group, { untilAt: clock.now() + 1000, probe: true });
  expect((await bench.receive()).leases).toEqual([]);
  expect(await engine.groups.holding(topic, group)).toMatchObject({ heldUntil: clock.now() + 1000 });
  clock.advance(1000);
  const probe = await bench.receive();
  expect(textsOf(probe.leases)).toEqual(["1"]);
  expect((await bench.receive()).leases).toEqual([]);
  await engine.groups.hold(topic, group, null);
  expect(await engine.groups.holding(topic, group)).toBeNull();
  expect(textsOf((await bench.receive()).leases)).toEqual(["2", "3"]);
});
