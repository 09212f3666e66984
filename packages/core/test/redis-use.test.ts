import { startRedis, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { Engine } from "../src/index.ts";
import type { RedisConnection } from "../src/redis/connection.ts";

function engineOn(redis: RedisConnection): Engine {
  const engine = new Engine({ redis, namespace: testNamespace(), callTimeoutMs: 2_000 });
  onTestFinished(async () => {
    await engine.stop();
    redis.disconnect();
  });
  return engine;
}

test("one Redis tells what it uses, and its limit where it has one", async () => {
  const redis = await startRedis({ config: ["maxmemory 300mb", "maxmemory-policy allkeys-lru"] });
  onTestFinished(() => redis.stop());
  const [use, ...others] = await engineOn(new Redis(redis.url)).redisUse();
  expect(others).toEqual([]);
  expect(use).toMatchObject({
    node: null,
    maxBytes: 300 * 1024 * 1024,
    evictionPolicy: "allkeys-lru",
    mayEvict: true,
    evictedKeys: 0,
  });
  for (const known of [use!.usedBytes, use!.residentBytes, use!.clients, use!.commands])
    expect(known).toBeGreaterThan(0);
  const [fit] = await engineOn(new Redis(inject("redisUrl"))).redisUse();
  expect(fit).toMatchObject({ evictionPolicy: "noeviction", mayEvict: false });
});

test("a Redis that is gone tells nothing", async () => {
  const redis = await startRedis();
  const client = new Redis(redis.url, { maxRetriesPerRequest: 0 });
  client.on("error", () => {});
  const engine = engineOn(client);
  await engine.redisUse();
  await redis.stop();
  await expect(engine.redisUse()).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
});
