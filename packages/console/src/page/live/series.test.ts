import type { TopicFigures } from "@tidegate/contracts";
import { expect, test } from "vitest";
import { append, noSeries, RateMeter, withHistory } from "./series.ts";

const group = { inFlight: 0, retrying: 0, deadLettered: 0, oldestAt: null };
const topic = (end: number, lags: Record<string, number>): TopicFigures => ({
  ...{ name: "orders", partitions: 1, end, messages: end, bytes: 0, delayed: 0 },
  groups: Object.entries(lags).map(([name, lag]) => ({ name, lag, ...group })),
});

test("rates are those of the seconds before, each group's drain by itself", () => {
  const meter = new RateMeter();
  expect(meter.take(topic(0, { a: 0, b: 0 }), 10_000)).toMatchObject({ published: null, drained: null });
  for (let second = 1; second < 5; second++)
    meter.take(topic(second * 100, { a: 0, b: second * 50 }), 10_000 + second * 1_000);
  const sample = meter.take(topic(500, { a: 0, b: 250 }), 15_000);
  expect(sample).toEqual({ at: 15_000, published: 100, drained: 150, lag: 250, lags: { a: 0, b: 250 } });
});

test("what was quiet for long was quiet until a second ago", () => {
  const meter = new RateMeter();
  meter.take(topic(100, { a: 100 }), 10_000);
  expect(meter.take(topic(160, { a: 160 }), 70_000)).toMatchObject({ published: 60, drained: 0 });
});

test("a cursor that is moved back has drained nothing, and a group that is new neither", () => {
  const meter = new RateMeter();
  meter.take(topic(100, { a: 0 }), 10_000);
  expect(meter.take(topic(100, { a: 100, b: 0 }), 11_000)).toMatchObject({ published: 0, drained: 0 });
});

test("ten minutes are kept, and a group that comes later has no past", () => {
  let series = noSeries;
  for (let second = 0; second < 700; second++)
    series = append(series, {
      ...{ at: second * 1_000, published: second, drained: 0, lag: 1 },
      lags: second < 650 ? { a: 1 } : { a: 1, b: 2 },
    });
  expect(series.at).toHaveLength(600);
  expect(series.at[0]).toBe(100_000);
  expect(series.lags.b!.slice(-50)).toEqual(Array(50).fill(2));
  expect(series.lags.b![0]).toBeNull();
});

test("what the server remembers goes before what the page has seen", () => {
  const seen = append(noSeries, { at: 20_000, published: 5, drained: 5, lag: 7, lags: { a: 7 } });
  const joined = withHistory(seen, {
    at: [10_000, 15_000, 20_000],
    published: [null, 10, 10],
    lags: { a: [100, 60, 7] },
  });
  expect(joined.at).toEqual([10_000, 15_000, 20_000]);
  expect(joined.lag).toEqual([100, 60, 7]);
  // 10 a second came, and 40 fewer wait: 18 a second went.
  expect(joined.drained).toEqual([null, 18, 5]);
});
