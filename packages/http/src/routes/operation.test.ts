import { startRedis } from "@tidegate/testkit";
import { afterAll, expect, inject, test } from "vitest";
import type { RouteMeter } from "../api-metrics.ts";
import { testApp } from "../fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

test("liveness and readiness are green on a fit Redis", async () => {
  expect(await call("GET", "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
  expect(await call("GET", "/readyz")).toMatchObject({
    status: 200,
    body: {
      ready: true,
      redisVersion: expect.stringMatching(/^\d+\./),
      evictionPolicy: "noeviction",
      problems: [],
    },
  });
});

test("readiness is red on a Redis that may evict messages", async () => {
  const redis = await startRedis({ config: ["maxmemory-policy allkeys-lru"] });
  const evicting = testApp(redis.url);
  try {
    expect(await evicting.call("GET", "/readyz")).toMatchObject({
      status: 503,
      body: {
        ready: false,
        evictionPolicy: "allkeys-lru",
        problems: [expect.stringContaining("maxmemory-policy")],
      },
    });
    expect((await evicting.call("GET", "/healthz")).status).toBe(200);
  } finally {
    await evicting.stop();
    await redis.stop();
  }
});

test("a full Redis answers OVERLOADED, changes nothing, and can be drained", async () => {
  const redis = await startRedis();
  const full = testApp(redis.url);
  try {
    await full.call("PUT", "/v1/topics/orders", { partitions: 1 });
    await full.call("POST", "/v1/topics/orders/messages", { messages: [{ value: 1 }] });
    await redis.client().config("SET", "maxmemory", "1");
    const refused = await full.call("POST", "/v1/topics/orders/messages", { messages: [{ value: 2 }] });
    expect(refused).toMatchObject({ status: 503, body: { code: "OVERLOADED", retryable: true } });
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await full.call("GET", "/v1/topics/orders")).body.partitionStates).toMatchObject([{ end: 1 }]);
  } finally {
    await full.stop();
    await redis.stop();
  }
});

test("metrics hear of each request by route and status, and are told as they say", async () => {
  const heard: string[] = [];
  const enqueued = (...args: unknown[]) => void heard.push(args.join(" "));
  const route = (method: string, path: string): RouteMeter => ({
    began: () => void heard.push(`${method} ${path} began`),
    ended: (status, ms) => void heard.push(`${method} ${path} ${status} ${ms >= 0}`),
  });
  const metrics = {
    route,
    enqueued,
    contentType: "text/plain; version=0.0.4",
    text: async () => "counted 1\n",
  };
  const counted = testApp(inject("redisUrl"), { metrics });
  try {
    await counted.call("PUT", "/v1/topics/counted", { partitions: 1 });
    await counted.call("POST", "/v1/topics/counted/messages", "{", { "content-type": "application/json" });
    await counted.call("GET", "/nowhere");
    const told = await counted.call("GET", "/metrics");
    expect(told).toMatchObject({ status: 200, body: "counted 1\n" });
    expect(told.headers.get("content-type")).toBe(metrics.contentType);
  } finally {
    await counted.stop();
  }
  expect(heard).toEqual([
    "PUT /v1/topics/{topic} began",
    "PUT /v1/topics/{topic} 201 true",
    "POST /v1/topics/{topic}/messages began",
    "POST /v1/topics/{topic}/messages 400 true",
    "* unmatched began",
    "* unmatched 404 true",
    "GET /metrics began",
    "GET /metrics 200 true",
  ]);
});

test("without metrics there are none", async () => {
  expect(await call("GET", "/metrics")).toMatchObject({ status: 422, body: { code: "NOT_SUPPORTED" } });
});
