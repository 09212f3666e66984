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
