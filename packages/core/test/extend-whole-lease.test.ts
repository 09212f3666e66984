import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

test("an extend that acknowledges the whole lease is told so by its field", async () => {
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  await engine.append("t", [{ value: Buffer.from("x") }]);
  const { leases } = await engine.groups.receive("t", "g");
  const extended = engine.groups.extend("t", "g", leases[0]!.id, { ack: [0] });
  await expect(extended).rejects.toMatchObject({ code: "INVALID", details: { field: "ack" } });
});
