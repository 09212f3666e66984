import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

test("an audit finds nothing in a group that is deleted meanwhile, and everything in one whose state is lost", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false });
  await engine.topics.put("t", { partitions: 2 });
  for (const name of ["passing", "lost"]) await engine.groups.put("t", name);
  const listed = await engine.groups.list("t");
  await engine.groups.delete("t", "passing");
  vi.spyOn(engine.groups, "list").mockResolvedValueOnce(listed);
  expect((await engine.audit("t")).findings).toEqual([]);

  await redis.del(`{${namespace}:t:1}:1:group:lost:state`);
  expect((await engine.audit("t")).findings).toEqual(["partition 1: group lost: it has no state"]);
});
