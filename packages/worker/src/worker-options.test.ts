import type { TidegateError } from "@tidegate/contracts";
import { Engine } from "@tidegate/core";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { BackOff } from "./back-off.ts";
import { deadLetter, retry } from "./outcome.ts";
import { type WorkerOptions, workerSettings } from "./worker-options.ts";

const redis = new Redis({ lazyConnect: true });
const engine = new Engine({ redis });
const least: WorkerOptions = { engine, topic: "orders", group: "billing", handler: () => {} };

test("options have defaults", () => {
  expect(workerSettings(least)).toMatchObject({
    concurrency: 1,
    maxMessages: 100,
    maxBytes: 4 * 1024 * 1024,
    leaseMs: null,
    stopTimeoutMs: 30_000,
    consumer: expect.stringMatching(/^worker-[0-9a-f]{12}$/),
  });
});

test.each<[Partial<WorkerOptions>, string, number?]>([
  [{ batchHandler: () => {} }, "handler"],
  [{ handler: undefined as never }, "handler"],
  [{ handler: "no function" as never }, "handler"],
  [{ topic: "" }, "topic"],
  [{ group: "a.b" }, "group"],
  [{ concurrency: 0 }, "concurrency", 1],
  [{ concurrency: 1.5 }, "concurrency"],
  [{ maxMessages: 1_001 }, "maxMessages", 1_000],
  [{ maxBytes: 0 }, "maxBytes", 1],
  [{ leaseMs: 99 }, "leaseMs", 100],
  [{ leaseMs: Number.NaN }, "leaseMs"],
  [{ consumer: "x".repeat(201) }, "consumer", 200],
  [{ stopTimeoutMs: -1 }, "stopTimeoutMs", 0],
])("%o is refused", (options, field, limit) => {
  const refused = () => workerSettings({ ...least, ...options });
  expect(refused).toThrow(
    expect.objectContaining({ code: "INVALID", details: expect.objectContaining({ field }) }),
  );
  if (limit === undefined) return;
  expect(refused).toThrow(expect.objectContaining({ details: { field, limit } }));
});

test("outcomes check what they are given", () => {
  expect(retry({ delayMs: 0 })).toMatchObject({ kind: "retry", delayMs: 0 });
  for (const delayMs of [-1, 0.5, Number.NaN, 1e15]) {
    let thrown: unknown;
    try {
      retry({ delayMs });
    } catch (error) {
      thrown = error;
    }
    expect((thrown as TidegateError).code).toBe("INVALID");
  }
  expect(deadLetter("x".repeat(5_000)).reason).toHaveLength(1_000);
  expect(deadLetter().reason).toBeNull();
});

test("delays double up to their limit, are at most a half shorter by chance, and begin anew after a success", () => {
  const backOff = new BackOff(100, 1_000);
  for (const longest of [100, 200, 400, 800, 1_000, 1_000]) {
    const delay = backOff.next();
    expect(delay).toBeGreaterThanOrEqual(longest / 2);
    expect(delay).toBeLessThanOrEqual(longest);
  }
  backOff.reset();
  expect(backOff.next()).toBeLessThanOrEqual(100);
});
