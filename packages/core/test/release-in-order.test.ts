import { manualClock, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

// Kept behind what was given back, 3 would have come once more before 2 had ended.
test("an ordered lease that gives back a message gives back what stands behind it", async () => {
  const clock = manualClock();
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: clock.now });
  const { groups } = engine;
  await engine.topics.put("t", { partitions: 1 });
  await groups.put("t", "g", { ordering: "partition" });
  await engine.append(
    "t",
    Array.from({ length: 6 }, () => ({ value: Buffer.from("x") })),
  );
  const receive = async () => {
    const { leases } = await groups.receive("t", "g");
    return {
      id: leases[0]!.id,
      offsets: leases[0]!.messages.map(({ offset, attempt }) => [offset, attempt]),
    };
  };
  const first = await receive();
  expect(first.offsets).toHaveLength(6);
  // Of these 0 counts: 1 has not ended.
  await groups.extend("t", "g", first.id, { ack: [0, 3, 5] });
  await groups.extend("t", "g", first.id, { leaseMs: "keep", release: [2, 4] });
  await groups.settle("t", "g", first.id, { ack: "all", retry: [{ offset: 1, delayMs: 0 }] });
  const second = await receive();
  expect(second.offsets).toEqual([[1, 2]]);
  await groups.settle("t", "g", second.id, { ack: "all" });
  const third = await receive();
  expect(third.offsets).toEqual([2, 3, 4, 5].map((offset) => [offset, 1]));
  await groups.settle("t", "g", third.id, { ack: "all" });
  expect(await groups.describe("t", "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  expect((await engine.audit("t")).findings).toEqual([]);
  await engine.stop();
});

// Two keys in turns: of the one that gives back its second message, the third goes back too; the other keeps all of its own.
test("a lane in order gives back what stands behind a message that is given back, and no other lane does", async () => {
  const clock = manualClock();
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: clock.now });
  const { groups } = engine;
  await engine.topics.put("t", { partitions: 1 });
  await groups.put("t", "g", { ordering: "key" });
  await engine.append(
    "t",
    ["a", "b", "a", "b", "a", "b"].map((key) => ({ key: Buffer.from(key), value: Buffer.from("x") })),
  );
  const { lease } = await receiveAll(engine);
  await groups.extend("t", "g", lease.id, { leaseMs: "keep", release: [2] });
  await groups.settle("t", "g", lease.id, { ack: [0, 1, 3, 5] });
  const rest = await receiveAll(engine);
  expect(rest.lease.messages.map(({ offset, attempt }) => [offset, attempt])).toEqual([
    [2, 1],
    [4, 1],
  ]);
  await groups.settle("t", "g", rest.lease.id, { ack: "all" });
  expect(await groups.describe("t", "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  expect((await engine.audit("t")).findings).toEqual([]);
  await engine.stop();
});

async function receiveAll({ groups }: Engine) {
  const { leases } = await groups.receive("t", "g");
  expect(leases).toHaveLength(1);
  return { lease: leases[0]! };
}
