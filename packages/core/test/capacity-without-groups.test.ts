import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

test("a capacity over several partitions is kept when the last group is gone", async () => {
  const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false });
  await engine.topics.put("t", { partitions: 2, placement: "together", gate: { id: "g", capacity: 3 } });
  await engine.groups.put("t", "only");
  const publish = (partition: number) => engine.append("t", [{ value: Buffer.from("x"), partition }]);
  await publish(0);
  await publish(1);
  await engine.groups.delete("t", "only");
  expect((await publish(0)).outcomes).toMatchObject([{ status: "appended", offset: 1 }]);
  expect((await publish(1)).outcomes).toMatchObject([{ status: "refused", error: { code: "BACKLOG_FULL" } }]);
});
