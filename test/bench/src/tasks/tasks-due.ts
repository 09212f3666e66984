import type { Scenario } from "../scenario.ts";
import { bullmqDue } from "./bullmq-due.ts";
import { tidegateDue } from "./tidegate-due.ts";

/** How late runs begin that are due at a time, in one process, while 100,000 others are delayed for an hour. */
export const tasksDue: Scenario = {
  name: "tasks-due",
  figures: [
    { unit: "ms from when a run is due to its handler, p50", digits: 1 },
    { unit: "ms from when a run is due to its handler, p99", digits: 1, goals: [{ atMost: 100 }] },
  ],
  payloadBytes: [128],
  efforts: {
    full: { messages: 1_000, rounds: 3, warmUp: 0 },
    quick: { messages: 300, rounds: 1, warmUp: 0 },
    tiny: { messages: 50, rounds: 1, warmUp: 0 },
  },
  tidegate: tidegateDue,
  peers: [bullmqDue],
};
