import type { TidegateError } from "@tidegate/contracts";
import { startProxy, startRedis, type TestRedis, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { Engine } from "../src/index.ts";

const text = (value: string) => ({ value: Buffer.from(value) });

/** A Redis of one's own behind a proxy, and an engine that goes through it. */
async function behindProxy(server: TestRedis, callTimeoutMs = 10_000) {
  const proxy = await startProxy(server.port);
  const redis = new Redis(proxy.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  const engine = new Engine({ redis, namespace: testNamespace(), callTimeoutMs });
  onTestFinished(async () => {
    await engine.stop();
    redis.disconnect();
    await proxy.stop();
  });
  return { proxy, redis, engine };
}

async function ownRedis(options: Parameters<typeof startRedis>[0] = {}): Promise<TestRedis> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

async function valuesOf(engine: Engine, topic: string, partition = 0): Promise<string[]> {
  const values: string[] = [];
  for (let from = 0; ; ) {
    const { messages, nextOffset, end } = await engine.read(topic, partition, { from, limit: 1000 });
    values.push(...messages.map(({ value }) => Buffer.from(value!).toString()));
    if (nextOffset >= end) return values;
    from = nextOffset;
  }
}

test("an append whose answer was lost is in the log once, at the offset that is answered", async () => {
  const { proxy, engine } = await behindProxy(await ownRedis());
  await engine.topics.put("t", { partitions: 1 });
  await engine.append("t", [text("first")]);
  for (let round = 1; round <= 5; round += 1) {
    const lost = proxy.cutNextReply();
    const { outcomes } = await engine.append("t", [text(`cut ${round}`)]);
    await lost;
    expect(outcomes).toEqual([{ status: "appended", partition: 0, offset: round, duplicate: false }]);
  }
  expect(await valuesOf(engine, "t")).toEqual(["first", "cut 1", "cut 2", "cut 3", "cut 4", "cut 5"]);
});

test("an acquire and a settle whose answers were lost are answered as the first time", async () => {
  const { proxy, engine } = await behindProxy(await ownRedis());
  await engine.topics.put("t", { partitions: 1 });
  await engine.append("t", ["a", "b", "c"].map(text));
  await engine.groups.put("t", "g");
  let lost = proxy.cutNextReply();
  const { lease } = await engine.groups.acquire("t", "g", 0, { maxMessages: 2 });
  await lost;
  expect(lease?.segments).toEqual([{ first: 0, last: 1, attempt: 1 }]);
  lost = proxy.cutNextReply();
  const settled = await engine.groups.settle("t", "g", lease!.id, { ack: [0] });
  await lost;
  expect(settled).toEqual({ acked: 1, retried: 1, released: 0, deadLettered: 0 });
  expect((await engine.audit("t")).findings).toEqual([]);
});

test("a call that Redis leaves unanswered ends as REDIS_UNAVAILABLE, and later calls pass", async () => {
  const { proxy, engine } = await behindProxy(await ownRedis(), 1_500);
  await engine.topics.put("t", { partitions: 1 });
  proxy.stall();
  await expect(engine.append("t", [text("hangs")])).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
  await expect(engine.groups.get("t", "g")).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
  proxy.resume();
  const { outcomes } = await engine.append("t", [text("passes")]);
  expect(outcomes[0]?.status).toBe("appended");
  const values = await valuesOf(engine, "t");
  expect(values.at(-1)).toBe("passes");
  expect(values.length).toBeLessThanOrEqual(2);
});

test("what was answered before Redis was killed is there when it is back, in order and once", async () => {
  const server = await ownRedis({ appendonly: "always" });
  const { engine } = await behindProxy(server);
  await engine.topics.put("t", { partitions: 1 });
  const answered: string[] = [];
  let stop = false;
  const producer = (async () => {
    for (let n = 0; !stop; n += 1) {
      await engine.append("t", [text(`m${n}`)]);
      answered.push(`m${n}`);
    }
  })();
  await expect.poll(() => answered.length).toBeGreaterThan(50);
  for (let round = 0; round < 3; round += 1) {
    await server.kill("SIGKILL");
    await server.restart();
    const before = answered.length;
    await expect.poll(() => answered.length).toBeGreaterThan(before + 50);
  }
  stop = true;
  await producer;
  expect(await valuesOf(engine, "t")).toEqual(answered);
}, 30_000);

test("scripts that Redis forgot are loaded again under load, and order holds", async () => {
  const server = await ownRedis();
  const { engine } = await behindProxy(server);
  const admin = server.client();
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", { ordering: "partition" });
  let flushing = true;
  const flusher = (async () => {
    while (flushing) await admin.script("FLUSH");
  })();
  const seen: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    await Promise.all([0, 1, 2].map((n) => engine.append("t", [text(String(round * 3 + n))])));
    const { leases } = await engine.groups.receive("t", "g", { maxMessages: 10 });
    for (const { id, messages } of leases) {
      seen.push(...messages.map(({ value }) => Number(Buffer.from(value!).toString())));
      await engine.groups.settle("t", "g", id, { ack: "all" });
    }
  }
  flushing = false;
  await flusher;
  expect(seen).toEqual(Array.from({ length: 150 }, (_, n) => n));
});

test("a full Redis refuses appends, is drained, and takes appends again", async () => {
  const server = await ownRedis({ maxmemory: "6mb" });
  const { engine } = await behindProxy(server);
  await engine.topics.put("t", { partitions: 1, retention: { bytes: 20_000_000, policy: "queue" } });
  await engine.groups.put("t", "g", { maxDeliveries: 1 });
  const big = { value: Buffer.alloc(50_000, 1) };
  let appended = 0;
  await expect(
    (async () => {
      for (;;) {
        await engine.append("t", [big]);
        appended += 1;
      }
    })(),
  ).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
  expect(appended).toBeGreaterThan(10);
  const { leases } = await engine.groups.receive("t", "g", { maxMessages: 1000, maxBytes: 16_000_000 });
  const [lease] = leases;
  const [first, ...others] = lease!.messages.map(({ offset }) => offset);
  const settled = await engine.groups.settle("t", "g", lease!.id, {
    ack: others,
    deadLetter: [{ offset: first! }],
  });
  expect(settled).toEqual({ acked: others.length, retried: 0, released: 0, deadLettered: 1 });
  expect((await engine.groups.deadLetters("t", "g")).messages.length).toBe(1);
  await engine.topics.put("t", { retention: { bytes: 1_000_000 } }).catch((error: TidegateError) => {
    expect(error.code).toBe("OVERLOADED");
  });
  expect((await engine.audit("t")).findings).toEqual([]);
});

test("an append is refused at once when too much waits for Redis already", async () => {
  const server = await ownRedis();
  const proxy = await startProxy(server.port);
  const redis = new Redis(proxy.url);
  const engine = new Engine({ redis, namespace: testNamespace(), queuedBytes: 100_000 });
  onTestFinished(async () => {
    proxy.resume();
    await engine.stop();
    redis.disconnect();
    await proxy.stop();
  });
  await engine.topics.put("t", { partitions: 1 });
  await engine.append("t", [text("warm")]);
  proxy.stall();
  const waiting = Array.from({ length: 10 }, () => engine.append("t", [{ value: Buffer.alloc(10_000) }]));
  await expect(engine.append("t", [text("one more")])).rejects.toMatchObject({ code: "OVERLOADED" });
  proxy.resume();
  expect((await Promise.all(waiting)).length).toBe(10);
  expect((await engine.append("t", [text("again")])).outcomes[0]?.status).toBe("appended");
});
