import { eventually, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const channelsOf = async (namespace: string) =>
  ((await redis.call("PUBSUB", "CHANNELS", `{${namespace}:*`)) as string[]).length;

test("an engine stops listening to topics that are deleted, by itself or by another", async () => {
  const namespace = testNamespace();
  const [engine, other] = [new Engine({ redis, namespace }), new Engine({ redis, namespace })];
  for (const name of ["mine", "theirs"]) {
    await engine.topics.put(name, { partitions: 2 });
    const listening = (await channelsOf(namespace)) + 2;
    await eventually("two channels more", async () => {
      await engine.groups.receive(name, "g", { waitMs: 20 });
      return (await channelsOf(namespace)) === listening || undefined;
    });
  }
  await engine.topics.delete("mine");
  await eventually("two channels", async () => (await channelsOf(namespace)) === 2 || undefined);
  await other.topics.delete("theirs");
  await engine.housekeep();
  await eventually("no channel", async () => (await channelsOf(namespace)) === 0 || undefined);
  await engine.stop();
});

test("who waits for a topic that is deleted is told, and one that is made anew wakes as before", async () => {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace });
  await engine.topics.put("t", { partitions: 1 });
  const waiting = engine.groups.receive("t", "g", { waitMs: 30_000 });
  waiting.catch(() => {});
  await eventually("a channel", async () => (await channelsOf(namespace)) === 1 || undefined);
  await engine.topics.delete("t");
  await expect(waiting).rejects.toMatchObject({ code: "TOPIC_NOT_FOUND" });

  await engine.topics.put("t", { partitions: 1 });
  const startedAt = performance.now();
  const received = engine.groups.receive("t", "g", { waitMs: 30_000 });
  await eventually("a channel", async () => (await channelsOf(namespace)) === 1 || undefined);
  await engine.append("t", [{ value: Buffer.from("x") }]);
  expect((await received).leases).toHaveLength(1);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  await engine.stop();
});
