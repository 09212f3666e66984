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

test("a seek drops what is leased, parked and retried of its partitions, and frees their lanes", async () => {
  const bench = newBench();
  const { engine, topic, group, clock } = bench;
  await bench.begin(2, { ordering: "key", concurrency: 50 });
  await bench.publish(["a:1", "b:1", "b:2", "c:1", "d:1", "e:1"], 0);
  await bench.publish(["z:1"], 1);
  const { leases } = await bench.receive(5);
  expect(textsOf(leases)).toHaveLength(5);
  await engine.groups.seek(topic, group, { offsets: { "0": 1 } });
  const lost = leases.find(({ partition }) => partition === 0)!;
  await expect(bench.settle(lost)).rejects.toMatchObject({ code: "LEASE_LOST" });
  const before = await bench.describe();
  expect(before.partitions[0]).toMatchObject({ committed: 1, inFlight: 0, retrying: 0, lag: 5 });
  const kept = leases.find(({ partition }) => partition === 1);
  if (kept) await bench.settle(kept);
  const again = await bench.receive();
  expect(textsOf(again.leases).filter((text) => !text.startsWith("z"))).toEqual([
    "b:1",
    "b:2",
    "c:1",
    "d:1",
    "e:1",
  ]);
  for (const lease of again.leases)
    await bench.settle(lease, {
      retry: lease.messages.map(({ offset }) => ({ offset, delayMs: 1_000_000 })),
    });
  await engine.groups.seek(topic, group, "latest");
  clock.advance(2_000_000);
  expect((await bench.receive()).leases).toEqual([]);
  expect(await bench.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  for (const kind of ["queue", "turns", "lanes", "leases", "due", "attempts"]) {
    expect([kind, await bench.redis.exists(`{${bench.namespace}:${topic}:g:${group}}:${kind}`)]).toEqual([
      kind,
      0,
    ]);
  }
});

test("dead letters are handed back, whether the log was read past them or not", async () => {
  const bench = newBench();
  const { engine, topic, group } = bench;
  await bench.begin(1, { ordering: "key", maxDeliveries: 1 });
  await bench.publish(["a:1", "a:2", "b:1"]);
  const { leases } = await bench.receive();
  expect(await bench.settle(leases[0]!, { ack: [2] })).toMatchObject({
    acked: 1,
    deadLettered: 1,
    released: 1,
  });
  const next = await bench.receive();
  await bench.settle(next.leases[0]!, {});
  expect((await engine.groups.deadLetters(topic, group)).messages).toHaveLength(2);
  expect(await bench.describe()).toMatchObject({ lag: 0, deadLettered: 2 });
  expect(await engine.groups.redrive(topic, group, { all: true })).toEqual({ redriven: 2 });
  const again = await bench.receive();
  expect(textsOf(again.leases)).toEqual(["a:1", "a:2"]);
  expect(again.leases[0]!.messages.map(({ attempt }) => attempt)).toEqual([1, 1]);
  await bench.settle(again.leases[0]!);
  expect(await bench.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  // Sought back behind what is dead: delivered once, by the log or by the letter.
  await bench.publish(["c:1"]);
  const doomed = await bench.receive();
  await bench.settle(doomed.leases[0]!, { deadLetter: [{ offset: 3 }] });
  await engine.groups.seek(topic, group, { offsets: { "0": 3 } });
  await engine.groups.redrive(topic, group, { all: true });
  expect(textsOf((await bench.receive()).leases)).toEqual(["c:1"]);
  expect((await bench.receive()).leases).toEqual([]);
});

test("a group that comes to lanes takes over what its ranges hold", async () => {
  const bench = newBench();
  const { engine, topic, group, clock } = bench;
  await bench.begin(1, { leaseMs: 1000, backoff: { initialMs: 100 } });
  await bench.publish(["a:1", "a:2", "b:1", "b:2", "c:1", "c:2"]);
  const held = await bench.receive(3);
  const failed = await bench.receive(2);
  await bench.settle(failed.leases[0]!, {});
  await engine.groups.put(topic, group, { ordering: "key" });
  expect((await engine.groups.get(topic, group)).ordering).toBe("key");
  // What is leased is earlier than what follows in order.
  expect((await bench.receive()).leases).toEqual([]);
  expect(await bench.settle(held.leases[0]!, { ack: [0, 1] })).toMatchObject({ acked: 2, retried: 1 });
  clock.advance(100);
  const now = await bench.receive();
  expect(
    now.leases.flatMap(({ messages }) => messages.map(({ offset, attempt }) => [offset, attempt])),
  ).toEqual([
    [2, 2],
    [3, 2],
    [4, 2],
    [5, 1],
  ]);
  for (const lease of now.leases) await bench.settle(lease);
  expect(await bench.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
});

test("what retention takes away is counted, wherever it waits", async () => {
  const bench = newBench();
  const { engine, topic, group, clock } = bench;
  await engine.topics.put(topic, { partitions: 1, retention: { ms: 10_000 } });
  await engine.groups.put(topic, group, { concurrency: 2 });
  await bench.publish(["1", "2", "3", "4"]);
  const { leases } = await bench.receive();
  clock.advance(60_000);
  await engine.housekeep();
  await bench.publish(["5"]);
  await expect(bench.settle(leases[0]!)).rejects.toMatchObject({ code: "LEASE_LOST" });
  // A process that has not read them before.
  const other = bench.open();
  expect(textsOf((await other.groups.receive(topic, group)).leases)).toEqual(["5"]);
  expect(await bench.describe()).toMatchObject({ lag: 1, inFlight: 1, retrying: 0, expired: 4 });
});
