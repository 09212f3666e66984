import fc from "fast-check";
import { expect, test } from "vitest";
import { trendOf } from "./trend.ts";

const allowance = { share: 0.05, absolute: 1 };
const minutes = (value: (minute: number) => number) =>
  Array.from({ length: 60 }, (_, minute) => ({ atMs: minute * 60_000, value: value(minute) }));

test("noise around a level is flat, and so is a series that shrinks", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 }),
      (noise) => {
        const points = minutes((minute) => 100 + noise[minute]!);
        expect(trendOf(points, allowance).flat).toBe(true);
        expect(
          trendOf(
            minutes((minute) => 100 - minute),
            allowance,
          ).flat,
        ).toBe(true);
      },
    ),
  );
});

test("a slow leak under larger noise is seen", () => {
  const points = minutes((minute) => 100 + minute * 0.2 + (minute % 3) * 2);
  const trend = trendOf(points, allowance);
  expect(trend.growth).toBeCloseTo(11.8, 0);
  expect(trend.flat).toBe(false);
});

test("a quarter of outliers hides no leak and makes none", () => {
  const spikes = (minute: number) => (minute % 4 === 0 ? 500 : 0);
  expect(
    trendOf(
      minutes((minute) => 100 + spikes(minute)),
      allowance,
    ).flat,
  ).toBe(true);
  expect(
    trendOf(
      minutes((minute) => 100 + minute + spikes(minute)),
      allowance,
    ).flat,
  ).toBe(false);
});

test("a small series may grow by what is small in itself", () => {
  const points = minutes((minute) => 3 + minute / 100);
  expect(trendOf(points, { share: 0.05, absolute: 1 }).flat).toBe(true);
  expect(trendOf(points, { share: 0.05, absolute: 0.1 }).flat).toBe(false);
});
