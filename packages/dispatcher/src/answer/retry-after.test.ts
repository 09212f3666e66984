import { expect, test } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

const now = Date.UTC(2026, 0, 1, 12, 0, 0);

test.each([
  ["120", 120_000],
  ["0", 0],
  [" 7 ", 7_000],
  ["1.5", 1_500],
  ["86400", 3_600_000],
  ["999999999999999999999", 3_600_000],
  ["Thu, 01 Jan 2026 12:00:30 GMT", 30_000],
  ["Thursday, 01-Jan-26 12:00:30 GMT", 30_000],
  ["Thu Jan  1 12:00:30 2026 GMT", 30_000],
  ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
  ["Fri, 02 Jan 2026 12:00:00 GMT", 3_600_000],
  ["", null],
  ["-5", null],
  ["soon", null],
  ["2026-01-01", null],
  ["1e3", null],
  ["Thu, the first", null],
])("%j is %s ms", (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});

test("none is none", () => {
  expect(retryAfterMs(null, now)).toBeNull();
});
