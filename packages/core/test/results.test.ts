import { limits } from "@tidegate/contracts";
import { manualClock, startRedis, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine } from "../src/index.ts";
import { groupKeys } from "../src/keys.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

async function shop(count = 3) {
  const clock = manualClock();
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, subscribe: false, now: clock.now });
  onTestFinished(() => engine.stop());
  await engine.topics.put("t", { partitions: 2 });
  await engine.groups.put("t", "g");
  await engine.append(
    "t",
    Array.from({ length: count }, () => ({ value: Buffer.from("x"), partition: 0 })),
  );
  const keys = groupKeys({ namespace }, { topic: "t", partition: 0, placement: "spread" }, "g");
  return { clock, engine, keys, kept: (offset: number) => engine.results.get("t", "g", 0, offset) };
}

const of = (offset: number, value: unknown) => ({ partition: 0, offset, value });

test("a result is kept for its time; put again, it takes the place of the former", async () => {
  const { clock, engine, kept } = await shop();
  expect(await kept(0)).toBeNull();
  await engine.results.put("t", "g", [of(0, { total: 1 }), of(1, undefined)], { ttlMs: 1000 });
  await engine.results.put("t", "g", [of(0, { total: 2 })], { ttlMs: 1000 });
  await engine.results.put("t", "g", [{ partition: 0, offset: 2, error: "no such customer" }]);
  expect(await kept(0)).toEqual({ status: "ok", text: '{"total":2}' });
  expect(await kept(1)).toEqual({ status: "ok", text: "null" });
  expect(await kept(2)).toEqual({ status: "error", error: "no such customer" });
  clock.advance(1000);
  expect([await kept(0), await kept(1)]).toEqual([null, null]);
  expect(await kept(2)).toEqual({ status: "error", error: "no such customer" });
});

test("what is over goes as others come, and with the last one Redis forgets all", async () => {
  const { clock, engine, keys } = await shop(1000);
  const put = (first: number, count: number) =>
    engine.results.put(
      "t",
      "g",
      Array.from({ length: count }, (_, n) => of(first + n, n)),
      { ttlMs: 5000 },
    );
  await put(0, 500);
  expect([await redis.hlen(keys.results), await redis.zcard(keys.resultsEnd)]).toEqual([500, 500]);
  clock.advance(6000);
  for (let first = 500; first < 780; first += 10) await put(first, 10);
  expect([await redis.hlen(keys.results), await redis.zcard(keys.resultsEnd)]).toEqual([280, 280]);
  const left = await Promise.all([redis.pttl(keys.results), redis.pttl(keys.resultsEnd)]);
  for (const ms of left) {
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(5000);
  }
  await engine.results.put("t", "g", [of(0, "long")], { ttlMs: 100_000 });
  await engine.results.put("t", "g", [of(1, "short")], { ttlMs: 1 });
  expect(await redis.pttl(keys.results)).toBeGreaterThan(90_000);
});

test("bad results are refused with the field and the limit, and nothing is kept", async () => {
  const { engine, keys } = await shop();
  const refused = (results: readonly object[], options: object, expected: object) =>
    expect(engine.results.put("t", "g", results as never, options)).rejects.toMatchObject(expected);
  const invalid = (field: string, limit?: number) => ({
    code: "INVALID",
    details: { field, ...(limit !== undefined && { limit }) },
  });
  const large = "x".repeat(limits.resultBytes - 1);
  await refused([of(0, large)], {}, invalid("results[0].value", limits.resultBytes));
  await refused(
    [of(0, "é".repeat(limits.resultBytes / 2))],
    {},
    invalid("results[0].value", limits.resultBytes),
  );
  await refused([of(0, 1), of(1, 10n)], {}, invalid("results[1].value"));
  await refused([of(0, () => 1)], {}, invalid("results[0].value"));
  await refused([of(-1, 1)], {}, invalid("results[0].offset", 0));
  await refused([of(0, 1)], { ttlMs: 0 }, invalid("ttlMs", 1));
  await refused([of(0, 1)], { ttlMs: limits.resultTtlMs + 1 }, invalid("ttlMs", limits.resultTtlMs));
  await refused([of(0, 1), of(3, 1)], {}, { code: "OFFSET_OUT_OF_RANGE" });
  await refused([{ partition: 2, offset: 0, value: 1 }], {}, { code: "PARTITION_NOT_FOUND" });
  await expect(engine.results.put("t", "nobody", [of(0, 1)])).rejects.toMatchObject({
    code: "GROUP_NOT_FOUND",
  });
  await expect(engine.results.put("nowhere", "g", [of(0, 1)])).rejects.toMatchObject({
    code: "TOPIC_NOT_FOUND",
  });
  expect(await redis.exists(keys.results, keys.resultsEnd)).toBe(0);
  await engine.results.put("t", "g", [of(0, "x".repeat(limits.resultBytes - 2))]);
  await engine.results.put("t", "g", []);
});

test("results go with their group and with their topic", async () => {
  const { engine, keys } = await shop();
  await engine.results.put("t", "g", [of(0, 1)]);
  await engine.groups.delete("t", "g");
  expect(await redis.exists(keys.results, keys.resultsEnd)).toBe(0);
  await engine.groups.put("t", "g");
  await engine.results.put("t", "g", [of(0, 1)]);
  await engine.topics.delete("t");
  expect(await redis.exists(keys.results, keys.resultsEnd)).toBe(0);
});

test("a Redis that is full refuses results, and can be drained all the same", async () => {
  const full = await startRedis({ maxmemory: "8mb" });
  onTestFinished(() => full.stop());
  const engine = new Engine({ redis: full.client(), namespace: testNamespace(), subscribe: false });
  onTestFinished(() => engine.stop());
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g");
  const value = Buffer.alloc(64 * 1024, "x");
  const fill = async () => {
    for (;;) await engine.append("t", [{ value }]);
  };
  await expect(fill()).rejects.toMatchObject({
    code: "OVERLOADED",
    retryable: true,
    details: { retryAfterMs: expect.any(Number) },
  });
  const { leases } = await engine.groups.receive("t", "g", { maxMessages: 2 });
  const put = engine.results.put("t", "g", [of(0, "x".repeat(60_000))]);
  await expect(put).rejects.toMatchObject({ code: "OVERLOADED" });
  expect(await engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" })).toMatchObject({ acked: 2 });
});
