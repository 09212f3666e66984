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

test("a blocked key that fills the window is told, and others behind it go on once it is let go", async () => {
  const bench = newBench();
  const { engine, topic, group } = bench;
  await bench.begin(1, { perKey: { concurrency: 10 } });
  await bench.publish(["a:first"]);
  const key = Buffer.from("a");
  await engine.groups.changeFlow(topic, group, { keys: [{ key, paused: true }] });
  const value = Buffer.from("x");
  for (let sent = 0; sent < 101_000; sent += 1000)
    await engine.append(
      topic,
      Array.from({ length: 1000 }, () => ({ key, value, partition: 0 })),
    );
  await bench.publish(["b:1"]);
  for (let round = 0; round < 20; round += 1) expect((await bench.receive()).leases).toEqual([]);
  const { window, keys } = await engine.groups.flow(topic, group);
  expect(window).toMatchObject({ full: true, limit: 100_000 });
  expect(window.parked).toBeGreaterThanOrEqual(100_000);
  expect(window.parked).toBeLessThan(110_000);
  expect(Buffer.from(window.blockedBy!).toString()).toBe("a");
  expect(keys[0]).toMatchObject({ paused: true, inFlight: 0, waiting: window.parked });
  expect(await bench.describe()).toMatchObject({ lag: 101_002 });
  // Nothing is taken from the key while it waits; the rest is read once there is room.
  await engine.groups.changeFlow(topic, group, { keys: [{ key, paused: false }] });
  const seen: string[] = [];
  while (!seen.includes("b:1")) {
    const { leases } = await bench.receive(1000);
    expect(leases.length).toBeGreaterThan(0);
    seen.push(...textsOf(leases));
    for (const lease of leases) await bench.settle(lease);
  }
}, 120_000);

test("no window of any length has more than rate and burst, whatever the number of processes", async () => {
  const bench = newBench();
  const { topic, group, clock } = bench;
  const rate = { limit: 7, intervalMs: 1000, burst: 4 };
  await bench.begin(2, { rate, leaseMs: 3_600_000 });
  for (let n = 0; n < 300; n += 100)
    await bench.publish(
      Array.from({ length: 100 }, (_, i) => `k${i % 9}:${i}`),
      n % 2,
    );
  const engines = [bench.engine, bench.open(), bench.open()];
  const given: number[] = [];
  for (let step = 0; step < 400; step += 1) {
    const results = await Promise.all(
      engines.map((engine, index) =>
        engine.groups.receive(topic, group, { maxMessages: 1 + ((step + index) % 5) }),
      ),
    );
    for (const { leases } of results)
      for (const { messages } of leases) for (const _ of messages) given.push(clock.now());
    clock.advance([13, 1, 250, 90, 0, 777][step % 6]!);
  }
  expect(given.length).toBe(300);
  for (let from = 0; from < given.length; from += 1) {
    for (let to = from; to < given.length; to += 1) {
      const span = given[to]! - given[from]!;
      expect(to - from + 1).toBeLessThanOrEqual((span * rate.limit) / rate.intervalMs + rate.burst + 1e-6);
    }
  }
});

test("a take that is repeated is answered with what it took", async () => {
  const bench = newBench();
  const { engine, topic, group } = bench;
  await bench.begin(2, { ordering: "key", rate: { limit: 100, intervalMs: 1000, burst: 3 } });
  await bench.publish(["a:1", "b:1"], 0);
  await bench.publish(["c:1", "d:1"], 1);
  const options = { nonce: "abcdefghijkl", maxMessages: 10 };
  const first = await engine.groups.takeLanes(topic, group, options);
  expect(first!.leases.flatMap(({ lanes }) => lanes)).toHaveLength(3);
  const again = await bench.open().groups.takeLanes(topic, group, options);
  const shown = (taken: typeof first) => taken!.leases.map(({ id, segments }) => [id, segments]).sort();
  expect(shown(again)).toEqual(shown(first));
  expect(await bench.describe()).toMatchObject({ inFlight: 3 });
});

test("what one group was handed back alone, lanes of another pass over", async () => {
  const bench = newBench();
  const { engine, topic } = bench;
  await engine.topics.put(topic, { partitions: 1, retention: { ms: 1000 } });
  for (const name of ["g", "other"])
    await engine.groups.put(topic, name, { ordering: "key", maxDeliveries: 1 });
  await bench.publish(["a:1"]);
  for (const name of ["g", "other"]) {
    const { leases } = await engine.groups.receive(topic, name);
    await engine.groups.settle(
      topic,
      name,
      leases[0]!.id,
      name === "g" ? { deadLetter: [{ offset: 0 }] } : { ack: "all" },
    );
  }
  bench.clock.advance(60_000);
  await engine.housekeep();
  await engine.groups.redrive(topic, "g", { all: true });
  expect((await engine.groups.receive(topic, "other")).leases).toEqual([]);
  expect(await engine.groups.describe(topic, "other")).toMatchObject({ lag: 0 });
  expect(textsOf((await engine.groups.receive(topic, "g")).leases)).toEqual(["a:1"]);
});
