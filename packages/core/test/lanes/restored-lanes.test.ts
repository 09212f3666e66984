import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine, type RedisConnection } from "../../src/index.ts";
import { visitPartition } from "../../src/redis/scripts.gen.ts";

/** What two sides of a group on lanes make of each other when a failover or an older snapshot has taken something away. */

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
  return () => redis.disconnect();
});

type Call = Parameters<Redis["callBuffer"]>;

/** An engine on one partition, and the last time that it told the partition how far the lanes have come. */
async function begin() {
  const namespace = testNamespace();
  let told: Call | null = null;
  const listening = {
    callBuffer(...call: Call) {
      if (call[0] === "EVALSHA" && call[1] === visitPartition.sha) told = call;
      return redis.callBuffer(...call);
    },
    duplicate: () => redis.duplicate() as unknown as RedisConnection,
    on: () => {},
    off: () => {},
  };
  const engine = new Engine({
    redis: listening as unknown as RedisConnection,
    namespace,
    subscribe: false,
  });
  onTestFinished(() => engine.stop());
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", { ordering: "key" });
  return {
    namespace,
    engine,
    publish: (...keys: string[]) =>
      engine.append(
        "t",
        keys.map((key) => ({ key: Buffer.from(key), value: Buffer.from(key) })),
      ),
    /** What has been told, as a client would send it again over its next connection. */
    tellAgain: () => redis.callBuffer(...told!),
    floor: async () => (await redis.hget(`{${namespace}:t:0}:0:floors`, "g"))?.split(",")[0],
    counts: async () => {
      const { acked, deadLettered, end, committed, inFlight } = (await engine.groups.describe("t", "g"))
        .partitions[0]!;
      return { ended: acked + deadLettered, end, committed, inFlight };
    },
  };
}

async function receive(engine: Engine, maxMessages = 100) {
  const { leases } = await engine.groups.receive("t", "g", { maxMessages });
  const offsets = leases.flatMap(({ messages }) => messages.map(({ offset }) => offset));
  const settle = async () => {
    for (const { id } of leases) await engine.groups.settle("t", "g", id, { ack: "all" });
  };
  return { offsets, settle };
}

async function receiveAndSettle(engine: Engine, maxMessages = 100): Promise<number[]> {
  const { offsets, settle } = await receive(engine, maxMessages);
  await settle();
  return offsets;
}

/** Remembers what keys hold, to bring it back. */
async function save(pattern: string): Promise<() => Promise<void>> {
  const keys = await redis.keys(pattern);
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return async () => {
    const now = await redis.keys(pattern);
    if (now.length > 0) await redis.del(...now);
    for (const [index, key] of keys.entries()) await redis.restore(key, 0, values[index]!);
  };
}

test("news of the lanes from before Redis was restored do not make them begin anew", async () => {
  const { namespace, engine, publish, tellAgain, counts } = await begin();
  await publish("a", "b", "c");
  await receiveAndSettle(engine);
  const restore = await save(`{${namespace}:*`);
  await publish("d", "e", "f");
  await receiveAndSettle(engine);
  await restore();
  const restored = new Engine({ redis, namespace, subscribe: false });
  await restored.append("t", [{ value: Buffer.from("x") }, { value: Buffer.from("y") }]);
  expect(await receiveAndSettle(restored, 1)).toEqual([3]);
  const held = await receive(restored, 1);
  expect(held.offsets).toEqual([4]);
  await tellAgain();
  expect((await receive(engine)).offsets).toEqual([]);
  await held.settle();
  expect(await counts()).toEqual({ ended: 5, end: 5, committed: 5, inFlight: 0 });
});

test("news from before Redis was restored that a partition believes stand until the next", async () => {
  const { namespace, engine, publish, tellAgain, floor } = await begin();
  await publish("a", "b", "c");
  await receiveAndSettle(engine);
  const restore = await save(`{${namespace}:*`);
  for (let n = 0; n < 20; n += 1) {
    await publish("d");
    await receiveAndSettle(engine);
  }
  await restore();
  const restored = new Engine({ redis, namespace, subscribe: false });
  await restored.append(
    "t",
    Array.from({ length: 30 }, () => ({ value: Buffer.from("x") })),
  );
  await tellAgain();
  expect(await floor()).toBe("23");
  await receiveAndSettle(restored, 1);
  expect(await floor()).toBe("4");
});

test("a partition that has lost the end of its log, and what was told of it, hands out what stands there now", async () => {
  const { namespace, engine, publish, counts } = await begin();
  await publish("a", "b", "c");
  await receiveAndSettle(engine, 2);
  const restore = await save(`{${namespace}:t:0}:*`);
  await publish("d", "e", "f");
  await receiveAndSettle(engine);
  await restore();
  const restored = new Engine({ redis, namespace, subscribe: false });
  // Two of them had ended; the third is handed out again, since the partition knows no better.
  expect(await receiveAndSettle(restored)).toEqual([2]);
  await restored.append("t", [{ value: Buffer.from("x") }]);
  expect(await receiveAndSettle(restored)).toEqual([3]);
  expect(await counts()).toEqual({ ended: 4, end: 4, committed: 4, inFlight: 0 });
  expect((await restored.audit("t")).findings).toEqual([]);
});
