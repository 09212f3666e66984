import { connect } from "node:net";
import { eventually, startRedis } from "@tidegate/testkit";
import { type TestContext, test, vi } from "vitest";
import { inFlight, type ServerProcess, startProcess } from "./fixtures/server-process.ts";

vi.setConfig({ testTimeout: 60_000 });

async function start({ onTestFinished }: TestContext, environment: Record<string, string> = {}) {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const server = await startProcess({ REDIS_URL: redis.url, ...environment });
  onTestFinished(async () => void (await server.end("SIGKILL")));
  await server.call("PUT", "/v1/topics/orders", { partitions: 1 });
  return { redis, server };
}

const publish = (server: ServerProcess) =>
  server.call("POST", "/v1/topics/orders/messages", { messages: [{ value: 1 }] });

/** Sends a request over a connection of its own, which is far cheaper than `fetch`; all that comes back until its end. */
function send(server: ServerProcess, path: string, body: string, length = body.length) {
  const { hostname, port, host } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
  );
  const answer = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
  });
  return { socket, answer };
}

/** Announces a body, and sends a byte of it. */
const sendSlowly = (server: ServerProcess, path: string) => send(server, path, "{", 1000);

const overloaded = { status: 503, body: { code: "OVERLOADED", retryable: true, retryAfterMs: 1000 } };

test.concurrent("a flood of slow bodies keeps nobody else from being answered", async (context) => {
  const { expect, onTestFinished } = context;
  const { server } = await start(context, { TIDEGATE_MAX_IN_FLIGHT: "50" });
  const paths = ["/v1/topics/orders/messages", "/v1/topics/orders/groups/g/receive"];
  const slow = Array.from({ length: 80 }, (_, n) => sendSlowly(server, paths[n % 2]!));
  onTestFinished(() => {
    for (const { socket } of slow) socket.destroy();
  });
  await eventually("their requests are there", async () => (await inFlight(server)) >= 26);
  // Too young to be called slow: what comes now is told to come again, at once.
  const atOnce = await publish(server);
  if (atOnce.status !== 202) {
    expect(atOnce).toMatchObject(overloaded);
    expect(atOnce.headers.get("retry-after")).toBe("1");
  }
  // A request without a body finds room all the time.
  expect((await server.call("GET", "/v1/topics")).status).toBe(200);
  await eventually("the slow make room", async () => (await publish(server)).status === 202);
  const told = await Promise.race(slow.map(({ answer }) => answer));
  expect(told).toContain("HTTP/1.1 503");
  expect(told).toContain('"code":"OVERLOADED"');
  for (let more = 0; more < 20; more += 1) expect((await publish(server)).status).toBe(202);
});

test.concurrent("more requests than it may have in flight are turned away, and health is told", async (context) => {
  const { expect } = context;
  const { redis, server } = await start(context, { TIDEGATE_MAX_IN_FLIGHT: "10" });
  await redis.kill("SIGSTOP");
  const held = Array.from({ length: 10 }, () => publish(server));
  await eventually("they are in flight", async () => (await inFlight(server)) >= 11);
  for (let more = 0; more < 30; more += 1) expect(await publish(server)).toMatchObject(overloaded);
  expect(await server.call("GET", "/v1/topics")).toMatchObject(overloaded);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  await redis.kill("SIGCONT");
  for (const answer of await Promise.all(held)) expect([202, 503]).toContain(answer.status);
  await eventually("it serves again", async () => (await publish(server)).status === 202);
});

test.concurrent("with a Redis that hangs, nobody waits behind those who wait", async (context) => {
  const { expect } = context;
  const { redis, server } = await start(context);
  await redis.kill("SIGSTOP");
  const body = JSON.stringify({ messages: [{ value: 1 }] });
  const held = Array.from({ length: 300 }, () => send(server, "/v1/topics/orders/messages", body));
  // Nothing is answered for a while: from then on whatever comes is, at once.
  const told: string[] = [];
  await eventually("others are turned away", () => {
    void send(server, "/v1/topics/orders/messages", body).answer.then((text) => told.push(text));
    return told.some((text) => text.includes('"code":"OVERLOADED"'));
  });
  for (const { answer } of held)
    expect(await answer).toMatch(/^HTTP\/1\.1 503 .*"code":"(REDIS_UNAVAILABLE|OVERLOADED)"/s);
  await redis.kill("SIGCONT");
  await eventually("it serves again", async () => (await publish(server)).status === 202);
});

test.concurrent("receives and streams that wait are no load", async (context) => {
  const { expect } = context;
  const { server } = await start(context, { TIDEGATE_MAX_IN_FLIGHT: "5" });
  const waiting = Array.from({ length: 20 }, () =>
    server.call("POST", "/v1/topics/orders/groups/g/receive", { waitMs: 20_000 }),
  );
  await eventually("they wait", async () => (await inFlight(server)) >= 21);
  expect((await publish(server)).status).toBe(202);
  const received = await Promise.race(waiting);
  expect(received.status).toBe(200);
});
