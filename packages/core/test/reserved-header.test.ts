import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

test("nobody can publish past all groups but one", async () => {
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  const headers = [{ key: "tidegate-only-group", value: Buffer.from("other") }];
  await expect(engine.append("t", [{ value: Buffer.from("x"), headers }])).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "messages[0].headers.tidegate-only-group" },
  });
  expect((await engine.topics.describe("t")).partitionStates[0]?.end).toBe(0);
});
