import { expect, test } from "vitest";
import { judge, verdictText } from "./verdict.ts";

/** Half a minute, a sample a second. */
const at = Array.from({ length: 31 }, (_, second) => 1_000_000 + second * 1_000);
const steady = at.map(() => 100);
const line = (from: number, perSecond: number) => at.map((_, second) => from + second * perSecond);

test("a backlog grows, shrinks or stands, and how fast", () => {
  expect(judge(at, line(1_000, 50), steady)).toMatchObject({
    kind: "grows",
    perSecond: expect.closeTo(50, 5),
  });
  expect(judge(at, line(9_000, -120), steady)).toMatchObject({
    kind: "shrinks",
    perSecond: expect.closeTo(-120, 5),
  });
  expect(judge(at, line(5_000, 0), steady).kind).toBe("stands");
  expect(verdictText({ kind: "shrinks", perSecond: -120 }, 5_400)).toContain("empty in about 45 s");
});

test("consumers that are a moment behind keep up", () => {
  expect(
    judge(
      at,
      at.map((_, second) => second % 20),
      steady,
    ).kind,
  ).toBe("keeps up");
  expect(
    judge(
      at,
      line(0, 0),
      at.map(() => 0),
    ).kind,
  ).toBe("idle");
});

test("what is not told of stays as it was", () => {
  expect(judge([1_000_000], [23], [null], 1_000_500).kind).toBe("unknown");
  expect(judge([1_000_000], [23], [null], 1_010_000).kind).toBe("stands");
  expect(judge(at, line(1_000, 50), steady, at[30]! + 60_000).kind).toBe("stands");
});

test("one sample decides nothing", () => {
  const spike = line(5_000, 0);
  spike[30] = 5_400;
  expect(Math.abs(judge(at, spike, steady).perSecond)).toBeLessThan(5);
  expect(judge(at.slice(0, 2), [0, 9_000], [1, 1]).kind).toBe("unknown");
  expect(judge([], [], []).kind).toBe("unknown");
});
