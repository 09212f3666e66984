import { Cluster, Redis } from "ioredis";
import { expect, inject, test } from "vitest";

test("the run shares a Redis and a cluster", async () => {
  const redis = new Redis(inject("redisUrl"));
  const cluster = new Cluster(inject("clusterUrls"));
  expect(await redis.ping()).toBe("PONG");
  expect(await cluster.ping()).toBe("PONG");
  redis.disconnect();
  cluster.disconnect();
});
