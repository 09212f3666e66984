import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

test("a registry that lost its last change to a failover is taken past what the partitions know", async () => {
  const namespace = testNamespace();
  const registry = `{${namespace}}:topics`;
  const engine = new Engine({ redis, namespace, subscribe: false });
  await engine.topics.put("t", { partitions: 2 });
  const before = (await redis.hget(registry, "t"))!;
  await engine.topics.put("t", { maxMessageBytes: 1000 });
  await engine.topics.put("t", { maxMessageBytes: 2000 });
  await redis.hset(registry, "t", before);

  const successor = new Engine({ redis, namespace, subscribe: false });
  const messages = [0, 1].map((partition) => ({ value: Buffer.from("x"), partition }));
  const { outcomes } = await successor.append("t", messages);
  expect(outcomes.map(({ status }) => status)).toEqual(["appended", "appended"]);
  expect((await successor.topics.get("t")).version).toBe(4);
});

test.each([
  ["holders, outstanding and due", ["holders", "outstanding", "due"], 4],
  ["due times", ["due"], 4],
  ["the order of the holders", ["outstanding"], 4],
  [
    "everything but the state and the cursor's committed offset",
    ["holders", "outstanding", "due", "settled:0"],
    4,
  ],
])(
  "a group that lost %s to a failover delivers what it had not committed again",
  async (_, lost, expected) => {
    const namespace = testNamespace();
    const clock = { at: 1_000_000 };
    const engine = new Engine({ redis, namespace, subscribe: false, now: () => clock.at });
    await engine.topics.put("t", { partitions: 1 });
    await engine.groups.put("t", "g", { leaseMs: 1000 });
    await engine.append(
      "t",
      Array.from({ length: 6 }, (_, n) => ({ value: Buffer.from(`${n}`) })),
    );
    const { leases } = await engine.groups.receive("t", "g", { maxMessages: 2 });
    await engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" });
    await engine.groups.receive("t", "g", { maxMessages: 2 });
    await engine.groups.receive("t", "g", { maxMessages: 2 });
    await redis.del(...lost.map((name) => `{${namespace}:t:0}:0:group:g:${name}`));
    clock.at += 2000;
    const seen = new Set<number>();
    for (let round = 0; round < 4; round += 1) {
      const { leases } = await engine.groups.receive("t", "g", { maxMessages: 1000 });
      for (const { id, messages } of leases) {
        for (const { offset } of messages) seen.add(offset);
        await engine.groups.settle("t", "g", id, { ack: "all" });
      }
    }
    expect([...seen].sort()).toEqual([2, 3, 4, 5]);
    expect(seen.size).toBe(expected);
    expect(await engine.groups.describe("t", "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
    expect((await engine.audit("t")).findings).toEqual([]);
  },
);

test("a group that a failover took out of a partition begins there with the first message", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g");
  await engine.append("t", [{ value: Buffer.from("x") }]);
  await redis.del(`{${namespace}:t:0}:0:group:g:state`);
  const { leases } = await engine.groups.receive("t", "g");
  expect(leases[0]?.messages.map(({ offset }) => offset)).toEqual([0]);
});

test("a lease whose growth was lost is not ended in the name of the messages that it no longer has", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", { ordering: "partition" });
  await engine.append(
    "t",
    Array.from({ length: 3 }, (_, n) => ({ value: Buffer.from(`${n}`) })),
  );
  const { lease } = await engine.groups.acquire("t", "g", 0, { maxMessages: 1 });
  const keys = await redis.keys(`{${namespace}:t:0}:0:group:g:*`);
  const before = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  await engine.groups.acquire("t", "g", 0, { maxMessages: 2, grow: { leaseId: lease!.id, last: 0 } });
  await Promise.all(keys.map((key, index) => redis.restore(key, 0, before[index]!, "REPLACE")));

  const settled = engine.groups.settle("t", "g", lease!.id, { ack: "all", heldLast: 2 });
  await expect(settled).rejects.toMatchObject({ code: "LEASE_LOST" });
  expect(await engine.groups.settle("t", "g", lease!.id, { ack: "all", heldLast: 0 })).toMatchObject({
    acked: 1,
  });
  expect(await engine.groups.describe("t", "g")).toMatchObject({ lag: 2, inFlight: 0 });
});

test("a change of a group that partitions or the registry lost is carried out when it is asked for again", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false });
  await engine.topics.put("t", { partitions: 2 });
  await engine.groups.put("t", "g");
  await engine.append(
    "t",
    [0, 1].map((partition) => ({ value: Buffer.from("x"), partition })),
  );
  await engine.groups.pause("t", "g");
  const paused = (await redis.hget(`{${namespace}:t}:groups`, "g"))!;
  const partition = await redis.dumpBuffer(`{${namespace}:t:0}:0:group:g:state`);
  await engine.groups.resume("t", "g");

  await redis.restore(`{${namespace}:t:0}:0:group:g:state`, 0, partition, "REPLACE");
  await engine.groups.resume("t", "g");
  const { leases } = await engine.groups.receive("t", "g");
  expect(leases.map(({ partition }) => partition).sort()).toEqual([0, 1]);
  for (const { id } of leases) await engine.groups.settle("t", "g", id, { release: [0] });

  await engine.groups.pause("t", "g");
  await redis.hset(`{${namespace}:t}:groups`, "g", paused.replace('"paused":true', '"paused":false'));
  await engine.groups.resume("t", "g");
  expect((await engine.groups.receive("t", "g")).leases).toHaveLength(2);
});

test("a receive waits while the group is paused, and is woken when it goes on", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace });
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g");
  await engine.append("t", [{ value: Buffer.from("x") }]);
  await engine.groups.pause("t", "g");
  const before = Date.now();
  expect(await engine.groups.receive("t", "g", { waitMs: 50 })).toMatchObject({ leases: [], paused: true });
  expect(Date.now() - before).toBeGreaterThanOrEqual(45);
  const received = engine.groups.receive("t", "g", { waitMs: 20_000 });
  await engine.groups.resume("t", "g");
  expect((await received).leases).toHaveLength(1);
  await engine.stop();
});

test.each<[string, (engine: Engine) => Promise<unknown>]>([
  ["an append", (engine) => engine.append("t", [{ value: Buffer.from("x"), partition: 1 }])],
  ["a put", (engine) => engine.topics.put("t", { partitions: 2 })],
  ["a look", (engine) => engine.topics.describe("t")],
  ["a receive", (engine) => engine.groups.receive("t", "g")],
])("a partition that a failover took is made again by %s, with its groups", async (_, act) => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false });
  await engine.topics.put("t", { partitions: 2 });
  await engine.groups.put("t", "g");
  const keys = await redis.keys(`{${namespace}:t:1}*`);
  await redis.unlink(...keys);
  await act(engine);
  const appended = await engine.append("t", [{ value: Buffer.from("y"), partition: 1 }]);
  expect(appended.outcomes[0]?.status).toBe("appended");
  const { leases } = await engine.groups.receive("t", "g");
  expect(leases.map(({ partition }) => partition)).toEqual([1]);
  expect((await engine.audit("t")).findings).toEqual([]);
});

test("a topic that is being deleted is not made again by who still reads it", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false });
  const other = new Engine({ redis, namespace, subscribe: false });
  await engine.topics.put("t", { partitions: 2 });
  await other.groups.put("t", "g");
  await engine.topics.delete("t");
  await expect(other.groups.receive("t", "g")).rejects.toMatchObject({ code: "TOPIC_NOT_FOUND" });
  await expect(other.append("t", [{ value: Buffer.from("x") }])).rejects.toMatchObject({
    code: "TOPIC_NOT_FOUND",
  });
  expect((await redis.keys(`{${namespace}:t*`)).filter((key) => !key.includes("meta"))).toEqual([]);
});

test("what meets a topic that was made anew meanwhile does not make the former one's partitions again", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false });
  const { topic: former } = await engine.topics.put("t", { partitions: 2 });
  await engine.topics.delete("t");
  await engine.topics.restore(former);
  expect(await redis.keys(`{${namespace}:t:*`)).toEqual([]);
  await engine.topics.put("t", { partitions: 2 });
  await engine.append("t", [{ value: Buffer.from("x"), partition: 0 }]);
  await engine.topics.restore(former);
  expect((await engine.read("t", 0, { from: "earliest" })).messages).toHaveLength(1);
});
