import { eventually, startRedis } from "@tidegate/testkit";
import { type TestContext, test, vi } from "vitest";
import { type Answer, inFlight, type ServerProcess, startProcess } from "./fixtures/server-process.ts";

vi.setConfig({ testTimeout: 60_000 });

async function start({ onTestFinished }: TestContext, environment: Record<string, string> = {}) {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const server = await startProcess({ REDIS_URL: redis.url, ...environment });
  onTestFinished(async () => void (await server.end("SIGKILL")));
  await server.call("PUT", "/v1/topics/orders", { partitions: 1 });
  return { redis, server };
}

const publish = (server: ServerProcess, value: string) =>
  server.call("POST", "/v1/topics/orders/messages", { messages: [{ value, idempotencyKey: value }] });

async function valuesOf(server: ServerProcess): Promise<string[]> {
  const { body } = await server.call("GET", "/v1/topics/orders/partitions/0/messages?limit=1000");
  return body.messages.map((message: { value: string }) => message.value);
}

/** A request of each kind. */
function oneOfEach(
  server: ServerProcess,
  ticket: string,
  lease: string,
): Record<string, () => Promise<Answer>> {
  const group = "/v1/topics/orders/groups/g";
  return {
    publish: () => publish(server, "during"),
    read: () => server.call("GET", "/v1/topics/orders/partitions/0/messages"),
    ticket: () => server.call("GET", `/v1/tickets/${ticket}`),
    "ticket, waiting": () => server.call("GET", `/v1/tickets/${ticket}?waitMs=1000`),
    "ticket, live": () => server.call("GET", `/v1/tickets/${ticket}/events`),
    receive: () => server.call("POST", `${group}/receive`, {}),
    "receive, waiting": () => server.call("POST", `${group}/receive`, { waitMs: 1_000 }),
    settle: () => server.call("POST", `${group}/leases/${lease}/settle`, { ack: "all" }),
    topic: () => server.call("GET", "/v1/topics/orders"),
    "topic, changed": () => server.call("PUT", "/v1/topics/orders", { partitions: 1 }),
    group: () => server.call("GET", group),
  };
}

test.concurrent("with a Redis that hangs everything is answered: what waits in its time, what comes at once", async (context) => {
  const { expect } = context;
  const { redis, server } = await start(context, { TIDEGATE_REQUEST_TIMEOUT_MS: "3000" });
  const { ticket } = (await publish(server, "before")).body.messages[0];
  const { body } = await server.call("POST", "/v1/topics/orders/groups/g/receive", { leaseMs: 600_000 });
  await redis.kill("SIGSTOP");
  const requests = oneOfEach(server, ticket, body.leases[0].id);
  const kinds = Object.keys(requests);
  // Redis is still stopped when the last of them has been answered.
  const answers = await Promise.all(kinds.map((kind) => requests[kind]!()));
  for (const [index, answer] of answers.entries()) {
    expect(answer, kinds[index]).toMatchObject({
      status: 503,
      body: { code: "REDIS_UNAVAILABLE", retryable: true },
    });
    expect(answer.body.detail, kinds[index]).toContain("may have been done");
  }
  const kept = await inFlight(server);
  for (const kind of kinds) {
    const refused = await requests[kind]!();
    expect(refused, kind).toMatchObject({ status: 503, body: { code: "OVERLOADED", retryable: true } });
    expect(refused.body.detail, kind).toContain("nothing of this was begun");
    expect(refused.headers.get("retry-after"), kind).toBe("1");
  }
  expect(await inFlight(server)).toBe(kept);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(await server.call("GET", "/readyz")).toMatchObject({ status: 503, body: { ready: false } });
  expect((await server.call("GET", "/openapi.json")).status).toBe(200);
  await redis.kill("SIGCONT");
  await eventually("it serves again", async () => (await publish(server, "during")).status === 202);
  expect((await publish(server, "during")).body.messages[0]).toMatchObject({ offset: 1, duplicate: true });
  await publish(server, "after");
  expect(await valuesOf(server)).toEqual(["before", "during", "after"]);
  for (const kind of kinds.filter((kind) => kind !== "ticket, live"))
    expect([200, 202, 409], kind).toContain((await requests[kind]!()).status);
});

test.concurrent("a flood that meets a Redis that hangs is answered, and in the log once when it is repeated", async (context) => {
  const { expect } = context;
  const { redis, server } = await start(context, { TIDEGATE_REQUEST_TIMEOUT_MS: "3000" });
  const values = Array.from({ length: 300 }, (_, n) => `m${n}`);
  await publish(server, "first");
  await redis.kill("SIGSTOP");
  const answers = await Promise.all(values.map((value) => publish(server, value)));
  for (const { status, body } of answers) {
    expect(status).toBe(503);
    expect(["REDIS_UNAVAILABLE", "OVERLOADED"]).toContain(body.code);
  }
  await redis.kill("SIGCONT");
  await eventually("it serves again", async () => (await publish(server, "first")).status === 202);
  // What was told that nothing was done is not there; of the rest nobody knows.
  const found = new Set(await valuesOf(server));
  const refused = values.filter((_, index) => answers[index]!.body.code === "OVERLOADED");
  expect(refused.filter((value) => found.has(value))).toEqual([]);
  const again = await Promise.all(values.map((value) => publish(server, value)));
  expect(again.map(({ status }) => status)).toEqual(values.map(() => 202));
  expect((await valuesOf(server)).sort()).toEqual(["first", ...values].sort());
});

test.concurrent("a short hang is waited out by what came before it was noticed", async (context) => {
  const { expect } = context;
  const { redis, server } = await start(context, { TIDEGATE_REQUEST_TIMEOUT_MS: "60000" });
  await redis.kill("SIGSTOP");
  const patient = publish(server, "patient");
  const late: Promise<Answer>[] = [];
  const told: unknown[] = [];
  await eventually("later ones are refused", () => {
    const one = publish(server, "late");
    late.push(one);
    void one.then(({ body }) => told.push(body.code));
    return told.includes("OVERLOADED");
  });
  await redis.kill("SIGCONT");
  expect((await patient).status).toBe(202);
  for (const { status } of await Promise.all(late)) expect([202, 503]).toContain(status);
  await eventually("it serves again", async () => (await publish(server, "last")).status === 202);
});
