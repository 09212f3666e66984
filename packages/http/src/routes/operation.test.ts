import { startRedis } from "@tidegate/testkit";
import { afterAll, expect, inject, test } from "vitest";
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

test("metrics count requests, messages and outcomes", async () => {
  await call("PUT", "/v1/topics/counted", { partitions: 1 });
  await call("POST", "/v1/topics/counted/messages", { messages: [{ value: 1 }, { value: 2 }] });
  await call("POST", "/v1/topics/counted/messages", "{", { "content-type": "application/json" });
  const { body } = await call("POST", "/v1/topics/counted/groups/g/receive");
  await call("POST", `/v1/topics/counted/groups/g/leases/${body.leases[0].id}/settle`, {
    ack: [0],
    release: [1],
  });
  await call("GET", "/nowhere");
  const metrics = await call("GET", "/metrics");
  expect(metrics.headers.get("content-type")).toContain("version=0.0.4");
  const publish = 'method="POST",route="/v1/topics/{topic}/messages"';
  for (const line of [
    `tidegate_http_requests_total{${publish},status="202"} 1`,
    `tidegate_http_requests_total{${publish},status="400"} 1`,
    'tidegate_http_requests_total{method="*",route="unmatched",status="404"} 1',
    'tidegate_published_messages_total{outcome="admitted"} 2',
    "tidegate_received_messages_total 2",
    'tidegate_settled_messages_total{outcome="acked"} 1',
    'tidegate_settled_messages_total{outcome="released"} 1',
    "tidegate_http_requests_in_flight 1",
  ])
    expect(metrics.body).toContain(`${line}\n`);
});
