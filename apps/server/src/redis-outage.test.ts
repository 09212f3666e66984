import { eventually, startRedis } from "@tidegate/testkit";
import { type TestContext, test, vi } from "vitest";
import { inFlight, type ServerProcess, startProcess } from "./fixtures/server-process.ts";

vi.setConfig({ testTimeout: 20_000 });

const publish = (server: ServerProcess, value: unknown) =>
  server.call("POST", "/v1/topics/orders/messages", { messages: [{ value }] });

async function startBoth({ onTestFinished }: TestContext) {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const serve = async () => {
    const server = await startProcess({ REDIS_URL: redis.url });
    onTestFinished(async () => void (await server.end("SIGKILL")));
    return server;
  };
  return { redis, serve };
}

const isReady = async (server: ServerProcess) => (await server.call("GET", "/readyz")).status === 200;

test.concurrent("without Redis it starts, says what is missing, and serves when Redis comes", async (context) => {
  const { expect } = context;
  const { redis, serve } = await startBoth(context);
  await redis.kill("SIGKILL");
  const server = await serve();
  expect((await server.call("GET", "/readyz")).status).toBe(503);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  const answer = await publish(server, 1);
  expect(answer).toMatchObject({ status: 503, body: { retryable: true } });
  // The server's own calls may have found out already: then it is refused at once.
  expect(["REDIS_UNAVAILABLE", "OVERLOADED"]).toContain(answer.body.code);
  expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  await redis.restart();
  await eventually("ready", () => isReady(server));
  expect((await server.call("PUT", "/v1/topics/orders", {})).status).toBe(201);
  expect((await publish(server, 1)).status).toBe(202);
  expect(await server.end()).toBe(0);
});

test.concurrent("Redis gone and back: nothing answered is lost, and the server recovers by itself", async (context) => {
  const { expect } = context;
  const { redis, serve } = await startBoth(context);
  const server = await serve();
  await server.call("PUT", "/v1/topics/orders", { partitions: 1 });
  expect((await publish(server, "before")).status).toBe(202);
  await redis.kill("SIGKILL");
  const patient = publish(server, "during");
  await eventually("it is in flight", async () => (await inFlight(server)) >= 2);
  await redis.restart();
  expect((await patient).status).toBe(202);
  await redis.kill("SIGKILL");
  const unavailable = { status: 503, body: { code: "REDIS_UNAVAILABLE", retryable: true } };
  const receiving = server.call("POST", "/v1/topics/orders/groups/g/receive", { waitMs: 0 });
  expect(await publish(server, "too late")).toMatchObject(unavailable);
  expect(await receiving).toMatchObject(unavailable);
  expect(await publish(server, "too late")).toMatchObject({ status: 503, body: { code: "OVERLOADED" } });
  expect((await server.call("GET", "/readyz")).status).toBe(503);
  await redis.restart();
  await eventually("ready", () => isReady(server));
  expect((await publish(server, "after")).status).toBe(202);
  const { body } = await server.call("GET", "/v1/topics/orders/partitions/0/messages");
  const values = body.messages.map((message: { value: string }) => message.value);
  expect(values.filter((value: string) => value !== "too late")).toEqual(["before", "during", "after"]);
});

test.concurrent("a Redis that forgets its scripts is taught them again", async (context) => {
  const { expect } = context;
  const { redis, serve } = await startBoth(context);
  const server = await serve();
  await server.call("PUT", "/v1/topics/orders", { partitions: 1 });
  await publish(server, 1);
  await redis.client().script("FLUSH");
  expect((await publish(server, 2)).status).toBe(202);
  await redis.client().script("FLUSH");
  const { body } = await server.call("POST", "/v1/topics/orders/groups/g/receive");
  expect(body.leases[0].messages).toHaveLength(2);
});

test.concurrent("it stops while Redis is away", async (context) => {
  const { expect } = context;
  const { redis, serve } = await startBoth(context);
  const server = await serve();
  await server.call("PUT", "/v1/topics/orders", { partitions: 1 });
  await redis.kill("SIGKILL");
  const pending = publish(server, 1);
  await eventually("it is in flight", async () => (await inFlight(server)) >= 2);
  expect(await server.end()).toBe(0);
  expect((await pending).status).toBe(503);
});
