import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client, TidegateError } from "@tidegate/client";
import { NeverRetry, nodePush, result as pushResult } from "@tidegate/client/push";
import { Engine } from "@tidegate/core";
import { eventually, startRedis } from "@tidegate/testkit";
import { deadLetter, type MessageHandler, result, Worker } from "@tidegate/worker";
import { type TestContext, test, vi } from "vitest";
import { startProcess } from "./fixtures/server-process.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A server in a process of its own, a client, and a worker that is not started. */
async function start({ onTestFinished }: TestContext, handler: MessageHandler) {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const environment: Record<string, string> = { REDIS_URL: redis.url, TIDEGATE_PUSH_ALLOW: "127.0.0.0/8" };
  const server = await startProcess(environment);
  onTestFinished(async () => void (await server.end("SIGKILL")));
  const client = new Client({ url: server.url });
  await client.topics.put("orders", { partitions: 1 });
  await client.groups.put("orders", "billing", { backoff: { initialMs: 1, maxMs: 1 }, maxDeliveries: 2 });
  const connection = redis.client();
  connection.on("error", () => {});
  const engine = new Engine({ redis: connection });
  await engine.start();
  const worker = new Worker({ engine, topic: "orders", group: "billing", handler });
  onTestFinished(async () => {
    await worker.stop();
    await engine.stop();
  });
  return { redis, server, client, worker, environment };
}

test.concurrent("a request gets the result of its handler, or is told why there is none", async (context) => {
  const { expect } = context;
  const { client, worker } = await start(context, (message) => {
    const order = JSON.parse(new TextDecoder().decode(message.value!));
    if (order.item === 1) return deadLetter("no such item");
    if (order.item === 2) throw new RangeError("too many");
    return order.item === 3 ? undefined : result({ text: "Grüße 🌊", item: order.item });
  });
  await worker.start();
  const ask = (item: number) => client.request("orders", { value: { item } });
  expect(await ask(7)).toEqual({ text: "Grüße 🌊", item: 7 });
  expect(await ask(3)).toBeNull();
  await expect(ask(1)).rejects.toMatchObject({ code: "HANDLER_FAILED", message: "no such item" });
  await expect(ask(2)).rejects.toMatchObject({ code: "HANDLER_FAILED", message: "RangeError: too many" });
  const many = await Promise.all([...Array(50).keys()].map((index) => ask(index + 100)));
  expect(many.map((answer) => (answer as { item: number }).item)).toEqual(
    [...Array(50).keys()].map((index) => index + 100),
  );
});

test.concurrent("a request whose time is up leaves a ticket that tells the result later", async (context) => {
  const { expect } = context;
  const { client, worker } = await start(context, () => result("late"));
  const timedOut = await client.request("orders", { value: 1 }, { timeoutMs: 300 }).then(
    () => new TidegateError("INTERNAL", "it got a result"),
    (error: TidegateError) => error,
  );
  expect(timedOut).toMatchObject({ code: "REPLY_TIMEOUT", details: { limit: 300 } });
  const ticket = timedOut.details.ticket as string;
  expect(await client.ticket(ticket)).toMatchObject({ state: "waiting", position: 0, result: null });
  const watching = (async () => {
    const seen = [];
    for await (const status of client.watchTicket(ticket)) seen.push(status);
    return seen;
  })();
  const waiting = client.ticket(ticket, { waitMs: 30_000 });
  await worker.start();
  expect(["processing", "done"]).toContain((await waiting).state);
  const states = await watching;
  expect(states.at(-1)).toMatchObject({ state: "done", result: "late" });
  expect(await client.ticket(ticket)).toMatchObject({ state: "done", result: "late" });
});

test.concurrent("a request and a watch live through an outage of Redis and another server", async (context) => {
  const { expect } = context;
  const { redis, server, client, worker, environment } = await start(context, () => result("here"));
  const port = new URL(server.url).port;
  const { messages } = await client.publish("orders", { value: "watched" });
  const seen: string[] = [];
  let began = () => {};
  const first = new Promise<void>((resolve) => {
    began = resolve;
  });
  const watching = (async () => {
    for await (const { state } of client.watchTicket(messages[0]!.ticket)) {
      seen.push(state);
      began();
    }
  })();
  await first;
  const asking = client.request("orders", { value: "asked" }, { timeoutMs: 50_000 });
  await eventually("it is published", async () => {
    const { partitionStates } = await client.topics.get("orders");
    return partitionStates[0]!.end === 2;
  });
  await redis.kill("SIGKILL");
  await server.end("SIGKILL");
  await redis.restart();
  const other = await startProcess({ ...environment, PORT: port });
  context.onTestFinished(async () => void (await other.end("SIGKILL")));
  await worker.start();
  expect(await asking).toBe("here");
  await watching;
  expect(seen[0]).toBe("waiting");
  expect(seen.at(-1)).toBe("done");
});

test.concurrent("a request is answered by a function that is pushed to", async (context) => {
  const { expect } = context;
  const { server, client } = await start(context, () => {});
  const { current, next } = (await server.call("GET", "/v1/signing-keys")).body;
  const listener = nodePush({ keys: [current, next], onError: () => {} }, (message) => {
    const { item } = message.json<{ item: number }>();
    if (item === 1) throw new NeverRetry("no such item");
    return pushResult({ item, attempt: message.attempt });
  });
  const endpoint = createServer(listener);
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  context.onTestFinished(() => {
    endpoint.closeAllConnections();
    endpoint.close();
  });
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/push`;
  await client.topics.put("pushed", { partitions: 2 });
  await client.groups.put("pushed", "function", { push: { url, batchSize: 5 } });
  const ask = (item: number) => client.request("pushed", { key: `${item}`, value: { item } });
  expect(await ask(7)).toEqual({ item: 7, attempt: 1 });
  await expect(ask(1)).rejects.toMatchObject({ code: "HANDLER_FAILED", message: "no such item" });
  const items = [...Array(30).keys()].map((index) => index + 100);
  expect(await Promise.all(items.map(ask))).toEqual(items.map((item) => ({ item, attempt: 1 })));
});

test.concurrent("a ticket that nobody was given is not found, asked or watched", async (context) => {
  const { expect } = context;
  const { client } = await start(context, () => {});
  await expect(client.ticket("forged")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(client.watchTicket("forged").next()).rejects.toMatchObject({ code: "NOT_FOUND" });
  const { messages } = await client.publish("orders", { value: 1, delayMs: 3_600_000 });
  const status = await client.ticket(messages[0]!.ticket);
  expect(status.state).toBe("waiting");
  expect(status.dueAt).toBeGreaterThan(Date.now());
});
