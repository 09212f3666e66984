import { expect, test } from "vitest";
import { percentile } from "./percentile.ts";

test.each([
  [[], 50, null],
  [[7], 99, 7],
  [[3, 1, 2], 50, 2],
  [Array.from({ length: 200 }, (_, index) => 200 - index), 99, 198],
])("%#", (values, percent, expected) => {
  expect(percentile(values, percent)).toBe(expected);
});
