import { expect, test } from "vitest";
import { manualClock } from "./manual-clock.ts";
import { testNamespace } from "./test-namespace.ts";

test("the clock moves only when told, and only forward", () => {
  const clock = manualClock(1_000);
  expect(clock.now()).toBe(1_000);
  clock.advance(250);
  expect(clock.now()).toBe(1_250);
  expect(() => clock.advance(-1)).toThrow(RangeError);
});

test("no namespace comes twice, and each is a valid name", () => {
  const names = Array.from({ length: 1_000 }, testNamespace);
  expect(new Set(names).size).toBe(1_000);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
});
