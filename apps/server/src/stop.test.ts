import { once } from "node:events";
import { connect } from "node:net";
import { eventually, testNamespace } from "@tidegate/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { inFlight, type ServerProcess, startProcess } from "./fixtures/server-process.ts";

async function start(): Promise<ServerProcess> {
  const server = await startProcess({ REDIS_URL: inject("redisUrl"), TIDEGATE_NAMESPACE: testNamespace() });
  onTestFinished(async () => void (await server.end("SIGKILL")));
  await server.call("PUT", "/v1/topics/orders", { partitions: 1 });
  return server;
}

const receive = "/v1/topics/orders/groups/g/receive";

test("SIGTERM during a long poll: it is answered empty, and the process ends", async () => {
  const server = await start();
  const polls = [1, 2, 3].map(() => server.call("POST", receive, { waitMs: 30_000 }));
  await eventually("all polls wait", async () => (await inFlight(server)) >= 4);
  const startedAt = performance.now();
  expect(await server.end("SIGTERM")).toBe(0);
  for (const poll of polls)
    expect(await poll).toMatchObject({ status: 200, body: { leases: [], paused: false } });
  expect(performance.now() - startedAt).toBeLessThan(25_000);
});

test("publishes in flight at SIGTERM are answered, and what was answered is there", async () => {
  const server = await start();
  const publishes = Array.from({ length: 50 }, (_, n) =>
    server.call("POST", "/v1/topics/orders/messages", { messages: [{ value: n }] }).catch(() => null),
  );
  await Promise.race(publishes);
  expect(await server.end("SIGTERM")).toBe(0);
  const answered = (await Promise.all(publishes)).filter((answer) => answer !== null);
  expect(answered.length).toBeGreaterThan(0);
  for (const { status } of answered) expect(status).toBe(202);
});

test("a caller that hangs up during a long poll leaves nothing leased", async () => {
  const server = await start();
  const caller = connect(Number(new URL(server.url).port), "127.0.0.1");
  const body = JSON.stringify({ waitMs: 30_000 });
  caller.write(
    `POST ${receive} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await eventually("the poll waits", async () => (await inFlight(server)) >= 2);
  caller.destroy();
  await eventually("the poll ended", async () => (await inFlight(server)) === 1);
  await server.call("POST", "/v1/topics/orders/messages", { messages: [{ value: 1 }] });
  const { body: received } = await server.call("POST", receive, { waitMs: 5_000 });
  expect(received.leases[0].messages).toMatchObject([{ value: 1, attempt: 1 }]);
});

test("what is no HTTP ends its connection and nothing else", async () => {
  const server = await start();
  const { port } = new URL(server.url);
  for (const nonsense of [
    "\0\0\0\0",
    "GET / HTTP/9.9\r\n\r\n",
    "POST /v1/topics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
  ]) {
    const caller = connect(Number(port), "127.0.0.1");
    caller.resume();
    caller.write(nonsense);
    await once(caller, "close");
  }
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
