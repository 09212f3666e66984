import { expect, test } from "vitest";
import { mostWithin } from "./most-within.ts";

test.each([
  [[], 10, 0],
  [[5], 10, 1],
  [[0, 10, 20], 10, 1],
  [[0, 9, 10, 18, 19], 10, 3],
  [[0, 0, 0, 100], 10, 3],
] as const)("of %j so many are within %i ms: %i", (moments, windowMs, most) => {
  expect(mostWithin(moments, windowMs)).toBe(most);
});
