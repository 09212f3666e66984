import { expect, test } from "vitest";
import { drainRate } from "./drain-rate.ts";

const batches = (...sizes: number[]) =>
  sizes.flatMap((size, index) => Array.from({ length: size }, () => 5_000 + index * 100));

test.each([
  ["nothing", [], 0],
  ["an even pace", batches(50, 50, 50), 500],
  ["a smaller last batch", batches(50, 50, 3), 500],
  ["a pause in the middle", batches(50, 0, 0, 0, 50), 125],
  ["one batch", batches(30), 30],
])("%s", (_, writtenAt, rate) => {
  expect(drainRate(writtenAt)).toBe(rate);
});
