import { TidegateError } from "@tidegate/contracts";
import { expect, test } from "vitest";
import { keptArguments, outcomeArguments } from "./outcome.ts";

function codeOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error instanceof TidegateError ? [error.code, error.details.field] : error;
  }
}

test("neighbouring offsets of one fate become one range", () => {
  const { defaultCode, ranges } = outcomeArguments({
    ack: [3, 1, 2, 7],
    retry: [{ offset: 5, delayMs: 10 }, { offset: 4, delayMs: 10 }, { offset: 6 }],
    deadLetter: [{ offset: 8, reason: "no" }],
  });
  expect(defaultCode).toBe("retry");
  expect(ranges).toEqual([
    ...[1, 3, "ack", "", ""],
    ...[4, 5, "retry", "10", ""],
    ...[6, 6, "retry", "", ""],
    ...[7, 7, "ack", "", ""],
    ...[8, 8, "dead-letter", "", "no"],
  ]);
});

test("ack all is a default, and needs no ranges", () => {
  expect(outcomeArguments({ ack: "all" })).toEqual({ defaultCode: "ack", ranges: [] });
});

test("what cannot be meant is refused with its field", () => {
  expect(codeOf(() => outcomeArguments({ ack: [1], release: [1] }))).toEqual(["INVALID", "offset"]);
  expect(codeOf(() => outcomeArguments({ ack: [-1] }))).toEqual(["INVALID", "ack[0]"]);
  expect(codeOf(() => outcomeArguments({ ack: [Number.NaN] }))).toEqual(["INVALID", "ack[0]"]);
  expect(codeOf(() => outcomeArguments({ retry: [{ offset: 1, delayMs: 1e15 }] }))).toEqual([
    "INVALID",
    "retry[0].delayMs",
  ]);
  expect(codeOf(() => outcomeArguments({ deadLetter: [{ offset: 1, reason: "x".repeat(1001) }] }))).toEqual([
    "INVALID",
    "deadLetter[0].reason",
  ]);
});

test("what an extend keeps is named in ranges too", () => {
  expect(keptArguments([1, 2], [4])).toEqual([...[1, 2, "ack"], ...[4, 4, "release"]]);
});
