import { expect, test } from "vitest";
import { memoryTrend } from "./memory-trend.ts";

const samples = (heap: (round: number) => number, rss: (round: number) => number = () => 1e8) =>
  Array.from({ length: 30 }, (_, round) => ({ requests: round * 3000, heap: heap(round), rss: rss(round) }));

test("a server that warms up and then stays is stable, whatever its noise", () => {
  const noise = (round: number) => ((round * 7919) % 13) * 1e5;
  const warming = samples((round) => 4e7 + Math.min(round, 6) * 1e6 + noise(round));
  expect(memoryTrend(warming)).toMatchObject({ stable: true });
});

test("a server that keeps 200 bytes of each request is not", () => {
  const leaking = samples((round) => 4e7 + round * 3000 * 200 + (round % 5) * 3e5);
  const trend = memoryTrend(leaking)!;
  expect(trend.heapPerRequest).toBeGreaterThan(150);
  expect(trend.stable).toBe(false);
});

test("nor is one whose resident memory alone grows", () => {
  const growing = samples(
    () => 4e7,
    (round) => 1e8 + round * 1e7,
  );
  expect(memoryTrend(growing)).toMatchObject({ heapPerRequest: 0, stable: false });
});

test("a few samples tell nothing", () => {
  expect(memoryTrend(samples(() => 1).slice(0, 4))).toBeNull();
});
