import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { Engine, type RedisConnection } from "../src/index.ts";

/** A connection that keeps some calls back until it is told to let them go. */
function withholding(redis: Redis, withholds: (command: string, args: readonly unknown[]) => boolean) {
  const held: (() => void)[] = [];
  const connection: RedisConnection = {
    callBuffer(command, ...args) {
      if (!withholds(command, args)) return redis.callBuffer(command, ...args);
      return new Promise((resolve, reject) => {
        held.push(() => redis.callBuffer(command, ...args).then(resolve, reject));
      });
    },
    duplicate: () => redis.duplicate(),
    subscribe: (...channels) => redis.subscribe(...channels),
    unsubscribe: (...channels) => redis.unsubscribe(...channels),
    on: (event, listener) => redis.on(event, listener),
    off: (event, listener) => redis.off(event, listener),
    disconnect: () => {},
  };
  return { connection, held };
}

function connect(): Redis {
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  return redis;
}

const message = (value: string, idempotencyKey?: string) => ({
  key: Buffer.from("k"),
  value: Buffer.from(value),
  ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
});

async function valuesOf(engine: Engine, partitions: number): Promise<string[]> {
  const values: string[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const { messages } = await engine.read("t", partition, { from: "earliest" });
    values.push(...messages.map(({ value }) => Buffer.from(value!).toString()));
  }
  return values;
}

test("appends keep their order while the first of them still asks for the topic", async () => {
  const redis = connect();
  const namespace = testNamespace();
  await new Engine({ redis, namespace }).topics.put("t", { partitions: 1 });
  const { connection, held } = withholding(redis, (command) => command === "HGET");
  const engine = new Engine({ redis: connection, namespace });
  const first = engine.append("t", [message("1")]);
  const second = engine.append("t", [message("2")]);
  // The second call's question is answered before the first one's.
  held[1]?.();
  await expect.poll(() => engine.topics.known("t")).toBeDefined();
  const third = engine.append("t", [message("3")]);
  held[0]?.();
  await Promise.all([first, second, third]);
  expect(await valuesOf(engine, 1)).toEqual(["1", "2", "3"]);
});

test("an append that asks a former partition for a repeat is not overtaken", async () => {
  const redis = connect();
  const namespace = testNamespace();
  const operator = new Engine({ redis, namespace });
  await operator.topics.put("t", { partitions: 1 });
  await operator.topics.put("t", { partitions: 7 });
  let asking = true;
  const { connection, held } = withholding(redis, (command) => asking && command === "EVALSHA");
  const engine = new Engine({ redis: connection, namespace });
  await engine.topics.get("t");
  const first = engine.append("t", [message("1", "once")]);
  await expect.poll(() => held.length).toBe(1);
  asking = false;
  const second = engine.append("t", [message("2")]);
  // Where it overtakes, it is in the log by now.
  await operator.topics.describe("t");
  held[0]!();
  await Promise.all([first, second]);
  expect(await valuesOf(engine, 7)).toEqual(["1", "2"]);
});

test.each([
  ["gets a gate", { gate: { id: "sale", stock: 100 } }],
  ["is made anew", null],
])("an append that met the topic before it %s is not overtaken", async (_, settings) => {
  const redis = connect();
  const namespace = testNamespace();
  const operator = new Engine({ redis, namespace });
  await operator.topics.put("t", { partitions: 1 });
  let holding = false;
  const { connection, held } = withholding(redis, (command) => holding && command === "EVALSHA");
  const engine = new Engine({ redis: connection, namespace });
  await engine.append("t", [message("0")]);
  holding = true;
  const before = [engine.append("t", [message("1")])];
  await expect.poll(() => held.length).toBe(1);
  before.push(engine.append("t", [message("2")]), engine.append("t", [message("3")]));
  if (settings === null) await operator.topics.delete("t");
  await operator.topics.put("t", settings ?? { partitions: 1 });
  holding = false;
  await engine.topics.get("t");
  const after = [engine.append("t", [message("4")]), engine.append("t", [message("5")])];
  // Where they overtake, they are in the log by now.
  await operator.topics.describe("t");
  held[0]!();
  const results = await Promise.all([...before, ...after]);
  expect(results.map(({ outcomes }) => outcomes[0]?.status)).toEqual(Array(5).fill("appended"));
  const values = await valuesOf(engine, 1);
  expect(values.filter((value) => value !== "0")).toEqual(["1", "2", "3", "4", "5"]);
});

test("an append that fails while it asks leaves those before and behind it in order", async () => {
  const redis = connect();
  const namespace = testNamespace();
  const operator = new Engine({ redis, namespace });
  await operator.topics.put("t", { partitions: 1 });
  await operator.topics.put("t", { partitions: 7 });
  let asking = true;
  const { connection, held } = withholding(redis, (command) => asking && command === "EVALSHA");
  const engine = new Engine({ redis: connection, namespace });
  await engine.topics.get("t");
  const first = engine.append("t", [message("1", "once")]);
  await expect.poll(() => held.length).toBe(1);
  const tooLarge = { value: Buffer.alloc(2_000_000) };
  await Promise.all([
    expect(engine.append("t", [tooLarge])).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE" }),
    (async () => {
      // Time for the failure; it may not open the way for what is behind.
      await operator.topics.describe("t");
      await operator.topics.describe("t");
      asking = false;
      const second = engine.append("t", [message("2")]);
      await operator.topics.describe("t");
      held[0]!();
      await Promise.all([first, second]);
    })(),
  ]);
  expect(await valuesOf(engine, 7)).toEqual(["1", "2"]);
});

test("appends keep their order when Redis goes back to where it was before the topic changed", async () => {
  const redis = connect();
  const namespace = testNamespace();
  const operator = new Engine({ redis, namespace });
  await operator.topics.put("t", { partitions: 1 });
  const registry = `{${namespace}}:topics`;
  const meta = `{${namespace}:t:0}:0:meta`;
  const before = { entry: (await redis.hget(registry, "t"))!, version: (await redis.hget(meta, "version"))! };
  await operator.topics.put("t", { maxMessageBytes: 1000 });
  const engine = new Engine({ redis, namespace });
  await engine.append("t", [message("0")]);
  await redis.hset(registry, "t", before.entry);
  await redis.hset(meta, "version", before.version);
  const appends = [1, 2, 3, 4, 5].map((n) => engine.append("t", [message(String(n))]));
  const results = await Promise.all(appends);
  expect(results.map(({ outcomes }) => outcomes[0]?.status)).toEqual(Array(5).fill("appended"));
  expect(await valuesOf(engine, 1)).toEqual(["0", "1", "2", "3", "4", "5"]);
});

test("an append that cannot ask for its topic in an outage is not overtaken by what waits behind it", async () => {
  const redis = connect();
  const namespace = testNamespace();
  const operator = new Engine({ redis, namespace });
  await operator.topics.put("t", { partitions: 1 });
  let away = false;
  let asked = 0;
  const connection: RedisConnection = {
    ...withholding(redis, () => false).connection,
    callBuffer: (command, ...args) => {
      if (!away || command !== "HGET") return redis.callBuffer(command, ...args);
      asked += 1;
      return Promise.reject(new Error("away"));
    },
  };
  const engine = new Engine({ redis: connection, namespace });
  await engine.append("t", [message("0")]);
  await operator.topics.put("t", { maxMessageBytes: 1000 });
  away = true;
  const first = engine.append("t", [message("1")]);
  // Time for the first to leave alone.
  await operator.topics.describe("t");
  const others = ["2", "3"].map((value) => engine.append("t", [message(value)]));
  await expect.poll(() => asked).toBeGreaterThan(1);
  away = false;
  await Promise.all([first, ...others]);
  expect(await valuesOf(engine, 1)).toEqual(["0", "1", "2", "3"]);
});

test("an append of which one partition answers late is not overtaken when the topic has grown meanwhile", async () => {
  const redis = connect();
  const namespace = testNamespace();
  const operator = new Engine({ redis, namespace });
  await operator.topics.put("t", { partitions: 2 });
  const { outcomes } = await operator.append("t", [message("0")]);
  const elsewhere = 1 - (outcomes[0] as { partition: number }).partition;
  const { connection, held } = withholding(
    redis,
    (command, args) => command === "EVALSHA" && String(args[2]).startsWith(`{${namespace}:t:${elsewhere}}`),
  );
  const engine = new Engine({ redis: connection, namespace });
  await engine.append("t", [message("0")]);
  await operator.topics.put("t", { partitions: 3 });
  const first = engine.append("t", [message("1"), { value: Buffer.from("elsewhere"), partition: elsewhere }]);
  const second = engine.append("t", [message("2")]);
  await expect.poll(() => engine.topics.known("t")?.partitions).toBe(3);
  // The second call has had its answer, and time to go ahead in.
  for (let turn = 0; turn < 50; turn += 1) await redis.ping();
  const release = setInterval(() => held.shift()?.(), 1);
  await Promise.all([first, second]);
  clearInterval(release);
  const values = await valuesOf(operator, 3);
  expect(values.filter((value) => value === "1" || value === "2")).toEqual(["1", "2"]);
});
