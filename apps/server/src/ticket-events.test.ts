import { eventually, startRedis } from "@tidegate/testkit";
import { type TestContext, test, vi } from "vitest";
import { type ServerProcess, startProcess } from "./fixtures/server-process.ts";

vi.setConfig({ testTimeout: 60_000 });

async function start({ onTestFinished }: TestContext) {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const server = await startProcess({ REDIS_URL: redis.url });
  onTestFinished(async () => void (await server.end("SIGKILL")));
  await server.call("PUT", "/v1/topics/orders", { partitions: 1 });
  await server.call("PUT", "/v1/topics/orders/groups/g", {});
  const { body } = await server.call("POST", "/v1/topics/orders/messages", {
    messages: [{ value: 1 }, { value: 2 }],
  });
  const [, second] = body.messages as { ticket: string }[];
  return { redis, server, ticket: second!.ticket };
}

/** Opens the events of a ticket, and reads the states one by one; null at the end. */
async function open(server: ServerProcess, ticket: string) {
  const response = await fetch(`${server.url}/v1/tickets/${ticket}/events`);
  const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    headers: response.headers,
    async next(): Promise<{ state: string; position: number | null } | null> {
      for (;;) {
        const line = /^data: (.*)\n/m.exec(text);
        if (line !== null) {
          text = text.slice(line.index + line[0].length);
          return JSON.parse(line[1]!);
        }
        const { done, value } = await chunks.read();
        if (done) return null;
        text += value;
      }
    },
    close: () => chunks.cancel(),
  };
}

async function settle(server: ServerProcess, maxMessages: number): Promise<void> {
  const { body } = await server.call("POST", "/v1/topics/orders/groups/g/receive", { maxMessages });
  for (const { id } of body.leases)
    await server.call("POST", `/v1/topics/orders/groups/g/leases/${id}/settle`, { ack: "all" });
}

test.concurrent("a stream of events outlives Redis", async (context) => {
  const { expect } = context;
  const { redis, server, ticket } = await start(context);
  const events = await open(server, ticket);
  expect(events.headers.get("content-type")).toMatch(/^text\/event-stream/);
  expect(await events.next()).toMatchObject({ state: "waiting", position: 1 });
  await redis.kill("SIGKILL");
  await eventually("it is noticed", async () => (await server.call("GET", "/readyz")).status === 503);
  const look = await server.call("GET", `/v1/tickets/${ticket}`);
  expect(look.status).toBe(503);
  expect(["REDIS_UNAVAILABLE", "OVERLOADED"]).toContain(look.body.code);
  await redis.restart();
  await eventually("ready", async () => (await server.call("GET", "/readyz")).status === 200);
  await settle(server, 1);
  expect(await events.next()).toMatchObject({ state: "waiting", position: 0 });
  await settle(server, 1);
  // The message may be seen while it is being processed.
  let last = await events.next();
  while (last?.state === "processing") last = await events.next();
  expect(last).toMatchObject({ state: "done", position: null });
  expect(await events.next()).toBeNull();
});

test.concurrent("a server that stops ends its streams; viewers who leave are forgotten", async (context) => {
  const { expect } = context;
  const { redis, server, ticket } = await start(context);
  const leaving = await open(server, ticket);
  await leaving.next();
  await leaving.close();
  const client = redis.client();
  const subscribed = async () => (await client.pubsub("CHANNELS", "*results-wake*")) as string[];
  await eventually("nobody listens any more", async () => (await subscribed()).length === 0, 30_000);
  const events = await open(server, ticket);
  await events.next();
  await eventually("it listens", async () => (await subscribed()).length === 1);
  const ended = server.end();
  expect(await events.next()).toBeNull();
  expect(await ended).toBe(0);
});

test.concurrent("tickets are answered alike on the short way and through the app", async (context) => {
  const { expect } = context;
  const { server, ticket } = await start(context);
  const path = `/v1/tickets/${ticket}`;
  const short = await server.call("GET", path);
  const long = await server.call("GET", `${path}?`);
  expect(short.status).toBe(200);
  expect(short.body).toEqual(long.body);
  for (const name of ["content-type", "cache-control", "etag"])
    expect(short.headers.get(name)).toBe(long.headers.get(name));
  const tag = { "if-none-match": short.headers.get("etag")! };
  for (const way of [path, `${path}?`]) {
    const again = await fetch(server.url + way, { headers: tag });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  }
  expect((await server.call("GET", `${path}A`)).body.code).toBe("NOT_FOUND");
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const counted = metrics.match(
    /^http_server_request_duration_seconds_count\{.*http_route="\/v1\/tickets\/\{ticket\}",http_response_status_code="200"/gm,
  );
  expect(counted).toHaveLength(1);
});
