import { manualClock, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine, newLeaseId } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

/** Sixteen messages, and a consumer whose acquires are answered late: he repeats them under the id of the first. */
async function setUp(ordering: "none" | "partition") {
  const clock = manualClock();
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: clock.now });
  onTestFinished(() => engine.stop());
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", { ordering, leaseMs: 1000, maxDeliveries: 5 });
  await engine.append(
    "t",
    Array.from({ length: 16 }, () => ({ value: Buffer.from("x") })),
  );
  const acquire = async (leaseId: string) =>
    (await engine.groups.acquire("t", "g", 0, { leaseId, maxMessages: 16 })).lease;
  const ended = new Set<number>();
  /** Acknowledges whatever comes, until nothing does. */
  const finish = async () => {
    for (let round = 0; round < 40; round += 1) {
      const lease = await acquire(newLeaseId(0));
      if (lease === null) return [...ended].sort((one, other) => one - other);
      for (const { first, last } of lease.segments) for (let at = first; at <= last; at += 1) ended.add(at);
      await engine.groups.settle("t", "g", lease.id, { ack: "all" });
    }
    throw new Error("it does not end");
  };
  return { clock, engine, acquire, finish };
}

const all = Array.from({ length: 16 }, (_, offset) => offset);

// 0 to 15 under X, which expires: another takes 0 and 1, and the rest stands under X:e1. The repeat takes 2 and 3 of that, as X; that
// expires too, and what became of it stood under X:e1 again: 4 to 15 were never handed out, and nothing knew of them.
test.each(["none", "partition"] as const)(
  "a lease that is acquired again under its id, and expires again, loses nothing: ordering %s",
  async (ordering) => {
    const { clock, engine, acquire, finish } = await setUp(ordering);
    const id = newLeaseId(0);
    expect((await acquire(id))?.segments).toEqual([{ first: 0, last: 15, attempt: 1 }]);
    clock.advance(1001);
    const other = await acquire(newLeaseId(0));
    expect(other?.segments).toEqual([{ first: 0, last: 1, attempt: 2 }]);
    await engine.groups.settle("t", "g", other!.id, { ack: "all" });
    expect((await acquire(id))?.segments).toEqual([{ first: 2, last: 3, attempt: 2 }]);
    clock.advance(1001);
    expect((await engine.audit("t")).findings).toEqual([]);
    expect(await finish()).toEqual(all.slice(2));
    expect(await engine.groups.describe("t", "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
    expect((await engine.audit("t")).findings).toEqual([]);
  },
);

test("what a settle tries again is kept when its lease is acquired once more, and tried again", async () => {
  const { clock, engine, acquire, finish } = await setUp("none");
  const id = newLeaseId(0);
  await acquire(id);
  const hour = 3_600_000;
  await engine.groups.settle("t", "g", id, {
    ack: [],
    retry: all.slice(0, 8).map((offset) => ({ offset, delayMs: hour })),
  });
  // By then others have settled so much that it is forgotten.
  for (const offset of all.slice(8)) {
    clock.advance(120_000);
    const lease = await acquire(newLeaseId(0));
    if (lease)
      await engine.groups.settle("t", "g", lease.id, {
        ack: [],
        retry: [{ offset: lease.segments[0]!.first, delayMs: 1000 }],
      });
    if (offset > 10) break;
  }
  clock.advance(120_000);
  const again = await acquire(id);
  const delayed = again!.segments.flatMap(({ first, last }) => all.slice(first, last + 1));
  await engine.groups.settle("t", "g", id, {
    ack: [],
    retry: delayed.map((offset) => ({ offset, delayMs: hour })),
  });
  expect((await engine.audit("t")).findings).toEqual([]);
  clock.advance(2 * hour);
  expect(await finish()).toEqual(all);
  expect((await engine.audit("t")).findings).toEqual([]);
});
