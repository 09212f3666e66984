import { limits } from "@tidegate/contracts";
import { expect, test } from "vitest";
import { readSettings, type TaskSettingsInput } from "../define/task-settings.ts";
import { backoffMs } from "./back-off.ts";

const error = new Error("x");
const backoffOf = (retry: TaskSettingsInput["retry"]) => readSettings({ name: "x", retry }).retry.backoff;
const delays = (retry: TaskSettingsInput["retry"], random = 0) =>
  [1, 2, 3, 4].map((attempt) => backoffMs(backoffOf(retry), attempt, error, () => random));

test("fixed is the same each time", () => {
  expect(delays({ backoff: { type: "fixed", delayMs: 70 } })).toEqual([70, 70, 70, 70]);
});

test("exponential doubles up to its maximum", () => {
  expect(delays({ backoff: { type: "exponential", delayMs: 100, maxMs: 350 } })).toEqual([
    100, 200, 350, 350,
  ]);
  expect(backoffMs(backoffOf({ backoff: { type: "exponential", delayMs: 100 } }), 1000, error)).toBe(
    limits.backoffMs,
  );
});

test("jitter takes off up to its share", () => {
  const backoff = { type: "fixed", delayMs: 100, jitter: 0.2 } as const;
  expect(delays({ backoff }, 1)[0]).toBe(80);
  expect(delays({ backoff }, 0.5)[0]).toBe(90);
});

test("a function is told the attempt and the error", () => {
  const asked: unknown[] = [];
  const retry = { backoff: (...args: unknown[]) => asked.push(args) * 10 };
  expect(delays(retry)).toEqual([10, 20, 30, 40]);
  expect(asked[3]).toEqual([4, error]);
});

test.each([
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  ["says nothing", () => undefined as never],
  ["says less than nothing", () => -1],
  ["says no number", () => Number.NaN],
])("a function that %s is answered by the default", (_, backoff) => {
  expect(delays({ backoff })).toEqual([1000, 2000, 4000, 8000]);
});

test("a function's pause has a limit", () => {
  expect(delays({ backoff: () => 1e12 })[0]).toBe(limits.backoffMs);
});
