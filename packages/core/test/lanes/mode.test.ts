import { afterEach, expect, inject, test } from "vitest";
import type { GroupSettings } from "../../src/index.ts";
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

const plain = { ordering: "none", rate: null, concurrency: null, perKey: null, push: null } as const;

test("a group that leaves its lanes takes what they hold along: attempts, due times, what was never handed out", async () => {
  const bench = newBench();
  const { engine, topic, group, clock } = bench;
  await bench.begin(1, { ordering: "key", leaseMs: 1000, backoff: { initialMs: 100 }, maxDeliveries: 4 });
  await bench.publish(["a:1", "a:2", "b:1", "c:1", "d:1", "e:1", "f:1"]);
  const { leases } = await bench.receive(4);
  expect(textsOf(leases)).toEqual(["a:1", "b:1", "c:1", "d:1"]);
  await bench.settle(leases[0]!, {
    ack: [0],
    retry: [
      { offset: 2, delayMs: 5000 },
      { offset: 3, delayMs: 0 },
    ],
    release: [4],
  });
  const held = await bench.receive(1);
  await engine.groups.put(topic, group, plain);
  // While a lease of the lanes is held nothing is handed out.
  expect((await bench.receive()).leases).toEqual([]);
  expect(await bench.describe()).toMatchObject({ lag: 6, inFlight: 1 });
  await bench.settle(held.leases[0]!);
  const offset = held.leases[0]!.messages[0]!.offset;
  const next = await bench.receive();
  const seen = next.leases.flatMap(({ messages }) =>
    messages.map((message) => [message.offset, message.attempt]),
  );
  const rest: number[][] = [];
  for (let round = 0; round < 5; round += 1) {
    const more = await bench.receive();
    rest.push(
      ...more.leases.flatMap(({ messages }) => messages.map((message) => [message.offset, message.attempt])),
    );
    for (const lease of more.leases) await bench.settle(lease);
  }
  for (const lease of next.leases) await bench.settle(lease);
  const all = [...seen, ...rest].sort((one, other) => one[0]! - other[0]!);
  expect(all).toEqual(
    [
      [1, 1],
      [3, 2],
      [4, 1],
      [5, 1],
      [6, 1],
    ].filter(([one]) => one !== offset),
  );
  expect((await engine.audit(topic)).findings).toEqual([]);
  clock.advance(5000);
  const late = await bench.receive();
  expect(
    late.leases.flatMap(({ messages }) => messages.map((message) => [message.offset, message.attempt])),
  ).toEqual([[2, 2]]);
  await bench.settle(late.leases[0]!);
  expect(await bench.describe()).toMatchObject({
    lag: 0,
    inFlight: 0,
    retrying: 0,
    partitions: [{ acked: 7 }],
  });
  // And to lanes again: what was counted before is not counted twice.
  await engine.groups.put(topic, group, { concurrency: 5 });
  await bench.publish(["g:1"]);
  const again = await bench.receive();
  await bench.settle(again.leases[0]!);
  expect(await bench.describe()).toMatchObject({ lag: 0, partitions: [{ acked: 8, committed: 8 }] });
  expect((await engine.audit(topic)).findings).toEqual([]);
});

test("what a partition took back is not given again by lanes that were still closing elsewhere", async () => {
  const bench = newBench();
  const { engine, topic, group } = bench;
  await bench.begin(2, { ordering: "key" });
  await bench.publish(["a:1"], 0);
  await bench.publish(["b:1"], 1);
  const [held] = (await bench.receive(1)).leases;
  const other = 1 - held!.partition;
  await engine.groups.put(topic, group, plain);
  const { leases } = await bench.receive();
  expect(leases.map(({ partition }) => partition)).toEqual([other]);
  await bench.settle(leases[0]!);
  // The lanes never closed: what lay in them of the other partition is there still.
  await engine.groups.put(topic, group, { ordering: "key" });
  await bench.publish(["c:1"], other);
  await bench.settle(held!);
  expect(textsOf((await bench.receive()).leases)).toEqual(["c:1"]);
  expect((await bench.receive()).leases).toEqual([]);
  expect((await engine.audit(topic)).findings).toEqual([]);
});

const modes: Record<string, GroupSettings> = {
  ranges: plain,
  "key order": { ...plain, ordering: "key" },
  "a header": { ...plain, perKey: { header: "h", concurrency: 2 } },
  "partition order with a concurrency": { ...plain, ordering: "partition", concurrency: 50 },
  "a concurrency": { ...plain, concurrency: 50 },
};
const pairs = Object.keys(modes).flatMap((from) =>
  Object.keys(modes)
    .filter((to) => to !== from)
    .map((to) => [from, to] as const),
);

test.each(pairs)("from %s to %s nothing is lost or doubled", async (from, to) => {
  for (const unread of [true, false]) {
    const bench = newBench();
    const { engine, topic, group } = bench;
    await bench.begin(2, { ...modes[from], backoff: { initialMs: 0 } });
    await bench.publish(["a:1", "b:1", "a:2", "c:1", "d:1"], 0);
    await bench.publish(["e:1", "f:1", "e:2"], 1);
    const acked: string[] = [];
    if (!unread) {
      const { leases } = await bench.receive(3);
      for (const { id, messages } of leases) {
        const [first, ...others] = messages;
        await engine.groups.settle(topic, group, id, {
          ack: [first!.offset],
          retry: others.map(({ offset }) => ({ offset, delayMs: 0 })),
        });
        acked.push(textsOf([{ ...leases[0]!, messages: [first!] }])[0]!);
      }
    }
    await engine.groups.put(topic, group, modes[to]!);
    const seen: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      const { leases } = await bench.receive(100);
      seen.push(...textsOf(leases));
      for (const lease of leases) await bench.settle(lease);
    }
    expect([...acked, ...seen].sort()).toEqual(["a:1", "a:2", "b:1", "c:1", "d:1", "e:1", "e:2", "f:1"]);
    const { partitions } = await bench.describe();
    expect(partitions.map(({ acked: count, committed, lag }) => [count, committed, lag])).toEqual([
      [5, 5, 0],
      [3, 3, 0],
    ]);
    expect((await engine.audit(topic)).findings).toEqual([]);
  }
});

test("a group that is to be ordered otherwise, and then not, forgets no end of what was held meanwhile", async () => {
  const bench = newBench();
  const { engine, topic, group } = bench;
  await bench.begin(1, { ordering: "partition", concurrency: 2 });
  await bench.publish(["a:1", "a:2"]);
  const held = (await bench.receive(1)).leases[0]!;
  await engine.groups.put(topic, group, { ordering: "key" });
  expect((await engine.audit(topic)).findings).toEqual([]);
  await bench.settle(held);
  await engine.groups.put(topic, group, { ordering: "partition" });
  expect((await engine.audit(topic)).findings).toEqual([]);
  // Its lane counted the first as in flight for ever, and gave nothing out behind it.
  expect(textsOf((await bench.receive()).leases)).toEqual(["a:2"]);
});
