import { manualClock, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { Engine } from "../src/index.ts";

test("growing a lease that is lost leaves delayed messages that are due as they are", async () => {
  const clock = manualClock();
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  const engine = new Engine({ redis, namespace: testNamespace(), now: clock.now, subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", { ordering: "partition", leaseMs: 1000 });
  await engine.append("t", [{ value: Buffer.from("now") }]);
  await engine.append("t", [{ value: Buffer.from("later"), delayMs: 5000 }]);
  const { lease } = await engine.groups.acquire("t", "g", 0, { maxMessages: 1 });
  clock.advance(6000);
  const grow = { leaseId: lease!.id, last: 0 };
  await expect(engine.groups.acquire("t", "g", 0, { maxMessages: 1, grow })).rejects.toMatchObject({
    code: "LEASE_LOST",
  });
  expect((await engine.audit("t")).findings).toEqual([]);
  await engine.append("t", [{ value: Buffer.from("last") }]);
  const { messages } = await engine.read("t", 0, { from: 0 });
  expect(messages.map(({ value }) => Buffer.from(value!).toString())).toEqual(["now", "later", "last"]);
  expect((await engine.audit("t")).findings).toEqual([]);
});
