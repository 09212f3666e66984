import { limits } from "@tidegate/contracts";
import { startRedis } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { drained, numberOf, told, upTo, workshop } from "./fixtures/workshop.ts";
import { deadLetter, release, result, retry } from "./outcome.ts";
import { request } from "./request.ts";

const message = (value: unknown) => ({ value: Buffer.from(JSON.stringify(value)) });
const jsonOf = ({ value }: { value: Uint8Array | null }) => JSON.parse(Buffer.from(value!).toString());

test("request and reply: each asker gets what the handler returned for him", async () => {
  const shop = await workshop({ topic: { partitions: 4 } });
  const worker = shop.worker({
    concurrency: 8,
    handler: async (asked) => {
      const { number } = jsonOf(asked);
      if (number % 10 === 3) return deadLetter("no number of ours");
      return number % 10 === 4 ? undefined : result({ square: number * number });
    },
  });
  await worker.start();
  const replies = await Promise.all(
    upTo(50).map((number) =>
      request(shop.engine, shop.topic, message({ number }), { timeoutMs: 30_000 }).catch((error) => error),
    ),
  );
  for (const [number, reply] of replies.entries()) {
    if (number % 10 === 3)
      expect(reply).toMatchObject({ code: "HANDLER_FAILED", message: "no number of ours", retryable: false });
    else expect(reply).toEqual(number % 10 === 4 ? null : { square: number * number });
  }
});

test("a request without a worker ends in time, and its message is still there", async () => {
  const shop = await workshop();
  const asked = request(shop.engine, shop.topic, message(1), { timeoutMs: 50 });
  await expect(asked).rejects.toMatchObject({ code: "REPLY_TIMEOUT", details: { limit: 50 } });
  const reason = new Error("gone");
  const aborted = request(shop.engine, shop.topic, message(2), { signal: AbortSignal.abort(reason) });
  await expect(aborted).rejects.toBe(reason);
  expect((await shop.describe()).lag).toBe(2);
  await expect(request(shop.engine, "nowhere", message(1))).rejects.toMatchObject({
    code: "TOPIC_NOT_FOUND",
  });
  await shop.engine.topics.put("sale", { partitions: 1, gate: { id: "s", stock: 0 } });
  await expect(request(shop.engine, "sale", message(1))).rejects.toMatchObject({ code: "SOLD_OUT" });
});

test("a delayed request is answered when it was due", async () => {
  const shop = await workshop();
  const worker = shop.worker({ handler: (asked) => result(jsonOf(asked)) });
  await worker.start();
  expect(await request(shop.engine, shop.topic, { ...message("later"), delayMs: 300 })).toBe("later");
});

test.each(["none", "partition", "key"] as const)(
  "batches, ordering %s: results as outcomes, by settle, and for all",
  async (ordering) => {
    const shop = await workshop({ group: { ordering } });
    await shop.publish(12);
    const worker = shop.worker({
      maxMessages: 4,
      batchHandler: (messages, context) => {
        const [first] = messages;
        const number = numberOf(first!);
        if (number < 4)
          return messages.map((one) => (numberOf(one) % 2 === 0 ? result(numberOf(one)) : undefined));
        if (number < 8) {
          context.settle(messages[1]!, result("settled"));
          return undefined;
        }
        return result("all");
      },
    });
    await worker.start();
    await drained(shop, worker);
    const kept = await Promise.all(
      upTo(12).map(async (offset) => {
        const one = await shop.engine.results.get(shop.topic, shop.group, 0, offset);
        return one?.status === "ok" ? JSON.parse(one.text) : null;
      }),
    );
    expect(kept).toEqual([0, null, 2, null, null, "settled", null, null, "all", "all", "all", "all"]);
  },
);

test("a handler that fails after all leaves no result; one that throws a result gives it", async () => {
  const shop = await workshop({ group: { maxDeliveries: 2 } });
  await shop.publish(4);
  let released = false;
  const worker = shop.worker({
    handler: (one) => {
      const number = numberOf(one);
      if (number === 0) throw new Error("broken");
      if (number === 1) throw result("thrown");
      if (number === 2) return one.attempt === 1 ? retry({ delayMs: 0 }) : result(`attempt ${one.attempt}`);
      if (released) return result("after a release");
      released = true;
      return release();
    },
  });
  const failed: number[] = [];
  worker.on("failed", ({ messages }) => failed.push(...messages.map(numberOf)));
  await worker.start();
  await drained(shop, worker);
  const get = (offset: number) => shop.engine.results.get(shop.topic, shop.group, 0, offset);
  expect(await Promise.all([0, 1, 2, 3].map(get))).toEqual([
    null,
    { status: "ok", text: '"thrown"' },
    { status: "ok", text: '"attempt 2"' },
    { status: "ok", text: '"after a release"' },
  ]);
  expect(failed.sort()).toEqual([0, 0, 2]);
});

test("the result is there before the acknowledgement, whenever the process dies", async () => {
  const shop = await workshop({ topic: { partitions: 1 } });
  await shop.publish(20);
  const seen: string[] = [];
  const { results, groups, topics } = shop.engine;
  const watched = <T extends object>(object: T, name: string, note: (args: unknown[]) => void): T =>
    new Proxy(object, {
      get(target, property) {
        const value = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          const answer = await value.apply(target, args);
          if (property === name) note(args);
          return answer;
        };
      },
    });
  const worker = shop.worker({
    engine: {
      topics,
      results: watched(results, "put", ([, , list]) => {
        for (const { offset } of list as { offset: number }[]) seen.push(`result ${offset}`);
      }),
      groups: watched(groups, "settle", () => seen.push("settled")),
    },
    maxMessages: 5,
    concurrency: 5,
    handler: (one) => result(numberOf(one)),
  });
  await worker.start();
  await drained(shop, worker);
  // Lease by lease: five results, then its end.
  let given = 0;
  let settled = 0;
  for (const what of seen) {
    if (what === "settled") settled += 1;
    else given += 1;
    expect(settled * 5).toBeLessThanOrEqual(given);
  }
  expect([given, settled]).toEqual([20, 4]);
});

test.each([
  ["a function", () => result(() => 1), "value"],
  ["a BigInt", () => result(1n), "value"],
  ["a ring", () => result(ring()), "value"],
  ["what is too large", () => result("x".repeat(limits.resultBytes)), "value"],
  ["no time", () => result(1, { ttlMs: 0 }), "ttlMs"],
  ["too long a time", () => result(1, { ttlMs: limits.resultTtlMs + 1 }), "ttlMs"],
])("%s is no result", (_, make, field) => {
  expect(make).toThrow(
    expect.objectContaining({ code: "INVALID", details: expect.objectContaining({ field }) }),
  );
});

function ring(): object {
  const one: Record<string, unknown> = {};
  one.self = one;
  return one;
}

test("a Redis that is full takes no results, and is drained all the same", async () => {
  const redis = await startRedis({ maxmemory: "8mb" });
  onTestFinished(() => redis.stop());
  const shop = await workshop({ redisUrl: redis.url });
  const value = Buffer.alloc(100_000, "x");
  const fill = async () => {
    for (;;) await shop.engine.append(shop.topic, [{ value }]);
  };
  await expect(fill()).rejects.toMatchObject({ code: "OVERLOADED" });
  const worker = shop.worker({ leaseMs: 1_000, maxMessages: 100, handler: () => result("x".repeat(60_000)) });
  const refused = told(worker, "error", ({ code }) => code === "OVERLOADED");
  await worker.start();
  await refused;
  await drained(shop, worker);
  expect((await shop.describe()).lag).toBe(0);
});
