import { expect, test } from "vitest";
import { planVisits } from "./plan-visits.ts";

test("each buyer comes once, and the same crowd comes every time", () => {
  const visits = planVisits(2_000);
  expect(new Set(visits.map(({ buyer }) => buyer)).size).toBe(2_000);
  expect(planVisits(2_000)).toEqual(visits);
});

test("most buy once, and every manner is there, spread over the crowd", () => {
  const visits = planVisits(400);
  const count = (from: number, to: number) => {
    const counts: Record<string, number> = {};
    for (const { manner } of visits.slice(from, to)) counts[manner] = (counts[manner] ?? 0) + 1;
    return counts;
  };
  expect(count(0, 400)).toEqual({
    "buys once": 340,
    "orders again": 12,
    "orders twice at once": 12,
    "repeats the request": 12,
    "repeats it at once": 12,
    "hangs up in the middle": 4,
    "hangs up before the answer": 4,
    "hangs up and comes back": 4,
  });
  expect(count(0, 200)["buys once"]).toBeGreaterThan(150);
});

test("a handful of buyers is a handful of visits", () => {
  expect(planVisits(1)).toHaveLength(1);
  expect(planVisits(3)).toHaveLength(3);
});
