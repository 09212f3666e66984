import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placeOf } from "./line-order.ts";

const seeds = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const placesOf = (seed: string, shuffled: number) =>
  Array.from({ length: shuffled }, (_, number) => placeOf(number, { seed, shuffled })!);
const isOrder = (places: readonly number[]) =>
  new Set(places).size === places.length &&
  places.every((place) => place >= 0 && place < places.length && Number.isInteger(place));

test("before the start nobody has a place; who comes after it has his number", () => {
  const seed = "00".repeat(16);
  expect(placeOf(3, { seed: null, shuffled: null })).toBeNull();
  expect(placeOf(0, { seed, shuffled: 0 })).toBe(0);
  expect([3, 4, 1000].map((number) => placeOf(number, { seed, shuffled: 3 }))).toEqual([3, 4, 1000]);
});

test("every number has a place of its own, for every count up to 300", () => {
  for (let count = 0; count <= 300; count += 1) expect(isOrder(placesOf("5a".repeat(16), count))).toBe(true);
});

test("every number has a place of its own, for any seed and count", { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 3_000 }), (seed, count) => isOrder(placesOf(seed, count))),
    { numRuns: 30 },
  );
});

describe("what a second implementation has computed (Python, over the reference vectors of SipHash)", () => {
  const seed = "000102030405060708090a0b0c0d0e0f";
  test.each([
    [10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 4, 8, 1, 2, 7, 6, 5, 0, 9]],
    [100_000, [0, 1, 2, 99_999], [19_819, 41_288, 34_124, 46_003]],
    [10_000_000, [0, 9_999_999], [5_828_748, 7_178_368]],
  ])("of %i visitors", (shuffled, numbers, places) => {
    expect(numbers.map((number) => placeOf(number, { seed, shuffled }))).toEqual(places);
  });
});

test("every place is as likely for the first to join as for the last, and pairs are too", () => {
  const count = 6;
  const draws = 6_000;
  const single = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  const pairs = new Map<string, number>();
  for (let draw = 0; draw < draws; draw += 1) {
    const places = placesOf(draw.toString(16).padStart(32, "7"), count);
    for (const [number, place] of places.entries()) single[number]![place]! += 1;
    const pair = `${places[0]},${places[1]}`;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  const chiSquare = (seen: readonly number[], expected: number) =>
    seen.reduce((sum, times) => sum + (times - expected) ** 2 / expected, 0);
  // The draws are always the same; chance alone passes these bounds once in a million.
  for (const places of single) expect(chiSquare(places, draws / count)).toBeLessThan(35);
  expect(pairs.size).toBe(30);
  expect(chiSquare([...pairs.values()], draws / 30)).toBeLessThan(75);
});

test("numbers that follow one another do not stay together", () => {
  const places = Array.from(
    { length: 2_000 },
    (_, number) => placeOf(number, { seed: "c3".repeat(16), shuffled: 100_000 })!,
  );
  const distances = places.slice(1).map((place, index) => Math.abs(place - places[index]!));
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  // A third of n for independent places.
  expect(mean).toBeGreaterThan(31_000);
  expect(mean).toBeLessThan(36_000);
});

test("a seed that is none is refused", () => {
  expect(() => placeOf(0, { seed: "no seed", shuffled: 2 })).toThrow("32 digits");
});
