import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";
import { partitionKeys } from "../src/keys.ts";
import { runScript, type ScriptArgument } from "../src/redis/script.ts";
import { appendUnits, writeEntry } from "../src/redis/scripts.gen.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

async function topicOfOne(settings = {}) {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false });
  const { topic } = await engine.topics.put("t", { partitions: 1, ...settings });
  const { channel, ...keys } = partitionKeys(
    { namespace },
    { topic: "t", partition: 0, placement: "spread" },
  );
  const append = (
    sequence: number,
    units: ScriptArgument[],
    version = topic.version,
    topicId = topic.topicId,
  ) => {
    const args = {
      now: 1000,
      topicId,
      version,
      channel,
      appender: "a",
      sequence,
      repeatWindowMs: 86_400_000,
    };
    return runScript(redis, appendUnits, keys, args, { args: units }).then(String);
  };
  return { engine, namespace, topic, keys, append };
}

const unit = (count: number, body: string, idempotencyKey = ""): ScriptArgument[] => [
  ...[count, Buffer.from(body), ""],
  ...[idempotencyKey, idempotencyKey === "" ? "" : body, "", 1],
];

test("append-units: the reply, the keyspace, and a repeat that changes nothing", async () => {
  const { append, keys } = await topicOfOne();
  const first = await append(1, [
    ...unit(3, "abc"),
    ...unit(1, "d", "k"),
    ...unit(1, "d", "k"),
    ...unit(1, "e", "k"),
  ]);
  expect(first).toBe("1000 4 4 - 1000 0 3 =3 IDEMPOTENCY_CONFLICT");
  expect(await redis.xrange(keys.log, "-", "+")).toEqual([
    ["2-3", ["batch", "abc"]],
    ["3-1", ["batch", "d"]],
  ]);
  expect(await redis.hmget(keys.meta, "startOffset", "endOffset", "appendedBytes", "delayed")).toEqual([
    "0",
    "4",
    "4",
    "0",
  ]);
  expect(await redis.zrange(keys.marks, 0, -1, "WITHSCORES")).toEqual(["0:0", "1000"]);
  expect(await append(1, [...unit(3, "abc")])).toBe(first);
  expect(await redis.xlen(keys.log)).toBe(2);
  expect(await append(2, unit(1, "f"))).toBe("1000 5 5 - 1000 4");
  await expect(append(1, unit(1, "g"))).rejects.toMatchObject({ code: "INTERNAL" });
});

test("append-units: another version or another topic is refused before anything changes", async () => {
  const { append, keys, topic } = await topicOfOne();
  await expect(append(1, unit(1, "x"), topic.version + 1)).rejects.toMatchObject({
    code: "STALE_TOPIC",
    retryable: true,
    details: { partitionVersion: topic.version },
  });
  await expect(append(1, unit(1, "x"), topic.version, "tOther")).rejects.toMatchObject({
    code: "TOPIC_NOT_FOUND",
  });
  expect(await redis.exists(keys.log)).toBe(0);
});

test("write-entry: only what reads as expected is replaced", async () => {
  const registry = `{${testNamespace()}}:registry`;
  const write = (expected: string, value: string) =>
    runScript(redis, writeEntry, { registry }, { field: "f", expected, value });
  expect([await write("", "1"), await write("", "2"), await write("1", "2"), await write("1", "3")]).toEqual([
    1, 0, 1, 0,
  ]);
  expect([await redis.hget(registry, "f"), await write("2", ""), await redis.exists(registry)]).toEqual([
    "2",
    1,
    0,
  ]);
});

test("a stored batch that does not decode is told, given up after its attempts, and passed over", async () => {
  const { engine, append } = await topicOfOne();
  await engine.groups.put("t", "g", { maxDeliveries: 1, ordering: "partition" });
  await engine.append("t", [{ value: Buffer.from("good") }]);
  await append(1, unit(1, "this is no record batch"));
  await engine.append("t", [{ value: Buffer.from("good again") }]);
  await expect(engine.read("t", 0, { from: 1 })).rejects.toMatchObject({
    code: "CORRUPT_BATCH",
    details: { offset: 1 },
  });

  const seen: number[] = [];
  for (let next = 0; next < 3; next += 1) {
    const { lease } = await engine.groups.acquire("t", "g", 0, { maxMessages: 1 });
    const loaded = await engine.groups.load("t", "g", lease!).catch((error) => error.code);
    if (loaded === "CORRUPT_BATCH") await engine.groups.settle("t", "g", lease!.id, {});
    else {
      seen.push(lease!.segments[0]!.first);
      await engine.groups.settle("t", "g", lease!.id, { ack: "all" });
    }
  }
  expect(seen).toEqual([0, 2]);
  const { messages } = await engine.groups.deadLetters("t", "g");
  expect(messages).toMatchObject([{ originOffset: 1, value: null, reason: "The last attempt failed" }]);
  expect((await engine.audit("t")).findings).toEqual([]);
});
