import { expect, test } from "vitest";
import { attemptsBefore } from "./attempts.ts";

test.each([
  ["a first attempt", { attemptsMade: 0, attemptsStarted: 1, stalledCounter: 0 }, 0],
  ["one that failed", { attemptsMade: 1, attemptsStarted: 2, stalledCounter: 0 }, 1],
  ["one whose worker was lost", { attemptsMade: 0, attemptsStarted: 2, stalledCounter: 1 }, 1],
  ["one of each", { attemptsMade: 1, attemptsStarted: 3, stalledCounter: 1 }, 2],
  ["one that was given back", { attemptsMade: 0, attemptsStarted: 2, stalledCounter: 0 }, 0],
  [
    "an operator's retry of what was lost thrice",
    { attemptsMade: 0, attemptsStarted: 1, stalledCounter: 3 },
    0,
  ],
])("%s", (_, job, before) => {
  expect(attemptsBefore(job)).toBe(before);
});
