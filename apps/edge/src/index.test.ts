import { eventually, startRedis, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type RunningWorker, startWorker } from "./start-worker.ts";

const redisUrl = inject("redisUrl");
let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({ redisUrl, tokens: "root=admin", namespace: testNamespace() });
}, 120_000);
afterAll(() => worker?.stop());

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const isRaw = body === undefined || body instanceof Uint8Array;
  const response = await fetch(worker.url + path, {
    method,
    headers: {
      authorization: "Bearer root",
      ...(isRaw ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as BodyInit) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

test("messages are published, received and settled", async () => {
  expect((await call("PUT", "/v1/topics/orders", { partitions: 1 })).status).toBe(201);
  const published = await call("POST", "/v1/topics/orders/messages", {
    messages: [{ key: "é", value: { n: 1 } }],
  });
  expect(published).toMatchObject({ status: 202, body: { messages: [{ partition: 0, offset: 0 }] } });
  await call("POST", "/v1/topics/orders/messages", Uint8Array.of(0, 255), {
    "content-type": "image/png",
    "tidegate-key": "k",
  });
  const received = await call("POST", "/v1/topics/orders/groups/g/receive");
  const [lease] = received.body.leases;
  expect(lease.messages).toMatchObject([
    { key: "é", value: { n: 1 }, attempt: 1 },
    { key: "k", valueBase64: "AP8=", headers: { "content-type": "image/png" } },
  ]);
  const settled = await call("POST", `/v1/topics/orders/groups/g/leases/${lease.id}/settle`, {
    ack: [0],
    deadLetter: [{ offset: 1 }],
  });
  expect(settled).toMatchObject({ status: 200, body: { acked: 1, deadLettered: 1 } });
  expect((await call("GET", "/v1/topics/orders.g.dlq/partitions/0/messages")).body.messages).toHaveLength(1);
});

test("a receive waits without a subscription", async () => {
  await call("PUT", "/v1/topics/later", { partitions: 1 });
  const waiting = call("POST", "/v1/topics/later/groups/g/receive", { waitMs: 20_000 });
  await call("POST", "/v1/topics/later/messages", { messages: [{ value: "here" }] });
  expect((await waiting).body.leases[0].messages[0].value).toBe("here");
});

test("many requests at once each get their own outcome", async () => {
  await call("PUT", "/v1/topics/sale", { partitions: 1, gate: { id: "s", stock: 7 } });
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      call("POST", "/v1/topics/sale/messages", { messages: [{ key: `b${n}`, value: n }] }),
    ),
  );
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(7);
  expect(answers.filter(({ body }) => body.code === "SOLD_OUT")).toHaveLength(23);
  const { ticket } = answers.find(({ status }) => status === 202)!.body.messages[0];
  expect((await call("POST", "/v1/topics/sale/gate/credit", { ticket })).body).toEqual({
    credited: true,
    admitted: 6,
  });
});

test("bad input is told as on the server", async () => {
  expect(
    await call("POST", "/v1/topics/orders/messages", { messages: [{ value: 1, colour: 2 }] }),
  ).toMatchObject({
    status: 422,
    body: { code: "INVALID", field: "messages[0].colour" },
  });
  expect((await call("GET", "/v1/topics", undefined, { authorization: "" })).body.code).toBe("UNAUTHORIZED");
  expect((await call("GET", "/v1/topics/nowhere")).body.code).toBe("TOPIC_NOT_FOUND");
});

test("a publish is one round trip when the isolate knows the topic", async () => {
  await call("PUT", "/v1/topics/warm", { partitions: 1 });
  const publish = () => call("POST", "/v1/topics/warm/messages", { messages: [{ value: 1 }] });
  await publish();
  const redis = new Redis(redisUrl);
  const monitor = await redis.duplicate().monitor();
  try {
    const seen: string[] = [];
    const done = new Promise<void>((resolve) => {
      monitor.on("monitor", (_time: string, args: string[], source: string) => {
        if (args[0] === "echo") resolve();
        else if (source !== "lua") seen.push(args[0]!);
      });
    });
    await publish();
    await redis.echo("done");
    await done;
    expect(seen).toEqual(["EVALSHA"]);
  } finally {
    monitor.disconnect();
    redis.disconnect();
  }
});

test("a Redis that is not there is said quickly", async () => {
  const lost = await startWorker({ redisUrl: "redis://127.0.0.1:1", tokens: "root=admin" });
  try {
    const response = await fetch(`${lost.url}/v1/topics`, { headers: { authorization: "Bearer root" } });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "REDIS_UNAVAILABLE", retryable: true });
    const ready = await fetch(`${lost.url}/readyz`);
    expect(ready.status).toBe(503);
  } finally {
    await lost.stop();
  }
}, 120_000);

test("a Redis that hangs is said at once by an isolate that knows, until it answers again", async () => {
  const redis = await startRedis();
  const hung = await startWorker({ redisUrl: redis.url, tokens: "root=admin" });
  const list = async () => {
    const response = await fetch(`${hung.url}/v1/topics`, { headers: { authorization: "Bearer root" } });
    return ((await response.json()) as { code?: string }).code ?? "served";
  };
  try {
    expect(await list()).toBe("served");
    await redis.kill("SIGSTOP");
    const first = list();
    const told: string[] = [];
    await eventually("others are told at once", () => {
      void list().then((code) => told.push(code));
      return told.includes("OVERLOADED");
    });
    expect(await first).toBe("REDIS_UNAVAILABLE");
    expect(await list()).toBe("OVERLOADED");
    await redis.kill("SIGCONT");
    await eventually("it serves again", async () => (await list()) === "served");
  } finally {
    await hung.stop();
    await redis.stop();
  }
}, 60_000);

test("without tokens every request is refused", async () => {
  const closed = await startWorker({ redisUrl });
  try {
    expect((await fetch(`${closed.url}/v1/topics`)).status).toBe(401);
    expect((await fetch(`${closed.url}/v1/topics`, { headers: { authorization: "Bearer " } })).status).toBe(
      401,
    );
  } finally {
    await closed.stop();
  }
}, 120_000);
