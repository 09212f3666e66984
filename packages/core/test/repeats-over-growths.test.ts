import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

test("an idempotency key is known whatever number of growths lie between", async () => {
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  const messages = Array.from({ length: 40 }, (_, n) => ({
    value: Buffer.from(`${n}`),
    idempotencyKey: `once ${n}`,
    ...(n % 2 === 0 ? { key: Buffer.from(`key ${n}`) } : {}),
  }));
  const places = new Map<number, string>();
  for (const [round, partitions] of [1, 2, 3, 5, 8].entries()) {
    await engine.topics.put("t", { partitions });
    const { outcomes } = await engine.append("t", messages.slice(0, 8 * (round + 1)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status !== "appended") throw new Error(outcome.status);
      const place = `${outcome.partition}:${outcome.offset}`;
      expect(outcome.duplicate).toBe(places.has(index));
      expect(places.get(index) ?? place).toBe(place);
      places.set(index, place);
    }
  }
  const { partitionStates } = await engine.topics.describe("t");
  expect(partitionStates.reduce((sum, { end }) => sum + end, 0)).toBe(40);
});
