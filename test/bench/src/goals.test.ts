import { expect, test } from "vitest";
import type { ContestResult } from "./contest.ts";
import { missedGoals } from "./goals.ts";
import { renderTable } from "./table.ts";

const result: ContestResult = {
  scenario: "produce",
  payloadBytes: 512,
  figure: {
    unit: "messages/s",
    goals: [
      { to: "slow", atLeast: 10 },
      { to: "fast", atLeast: 3 },
      { to: "absent", atLeast: 3 },
      { payloadBytes: 128, atMost: 1 },
      { atMost: 99 },
    ],
  },
  rounds: 1,
  tidegate: 1234,
  peers: {
    slow: { value: 100, ratio: 12.34 },
    fast: { value: 500, ratio: 2.5 },
    absent: { value: null, ratio: null },
  },
};

test("a goal is missed by the ratio or by the figure, and not by a peer that is absent", () => {
  expect(missedGoals(result)).toEqual([
    "produce, 512 B, tidegate : fast: 2.50, the goal is 3 or more",
    "produce, 512 B, messages/s: 1.23e+3, the goal is 99 or less",
  ]);
});

test("a row has each peer with its ratio", () => {
  expect(renderTable([result]).split("\n")).toEqual([
    "| scenario | payload | unit | tidegate | slow | fast | absent |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    "| produce | 512 B | messages/s | **1,234** | 100 (×12) | 500 (×2.5) | - |",
  ]);
});
