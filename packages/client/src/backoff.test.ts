import { expect, test } from "vitest";
import { delayBefore, parseRetryAfter } from "./backoff.ts";

test("delays double up to their limit and are at most a half shorter by chance", () => {
  for (const [attempt, longest] of [
    [2, 100],
    [3, 200],
    [4, 400],
    [9, 1_000],
    [2_000, 1_000],
  ] as const) {
    const delay = delayBefore(attempt, { initialMs: 100, maxMs: 1_000 });
    expect(delay).toBeGreaterThanOrEqual(longest / 2);
    expect(delay).toBeLessThanOrEqual(longest);
  }
});

test("Retry-After is read as seconds and as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(parseRetryAfter("3", now)).toBe(3_000);
  expect(parseRetryAfter("Thu, 01 Jan 2026 00:00:05 GMT", now)).toBe(5_000);
  expect(parseRetryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(parseRetryAfter("soon", now)).toBeNull();
  expect(parseRetryAfter(null, now)).toBeNull();
});
