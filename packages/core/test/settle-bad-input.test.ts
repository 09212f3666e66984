import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine, type Outcome } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

test("an offset that the lease never had is refused with the field that names it, and nothing changes", async () => {
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  await engine.append(
    "t",
    Array.from({ length: 9 }, () => ({ value: Buffer.from("x") })),
  );
  await engine.groups.put("t", "g");
  const { lease } = await engine.groups.acquire("t", "g", 0, { maxMessages: 5 });
  const wrong: [Outcome, string][] = [
    [{ ack: [0, 5] }, "ack[1]"],
    [{ retry: [{ offset: 8 }] }, "retry[0].offset"],
    [{ release: [1, 7] }, "release[1]"],
    [{ ack: [0], deadLetter: [{ offset: 1e15 }] }, "deadLetter[0].offset"],
  ];
  for (const [outcome, field] of wrong) {
    await expect(engine.groups.settle("t", "g", lease!.id, outcome)).rejects.toMatchObject({
      code: "INVALID",
      details: { field, limit: "0 to 4" },
    });
  }
  await expect(engine.groups.extend("t", "g", lease!.id, { ack: [6] })).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "ack[0]", limit: "0 to 4" },
  });
  expect((await engine.groups.describe("t", "g")).inFlight).toBe(5);
  expect(await engine.groups.settle("t", "g", lease!.id, { ack: "all" })).toMatchObject({ acked: 5 });
});
