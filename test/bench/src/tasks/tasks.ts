import type { Effort, Pace, Scenario } from "../scenario.ts";
import { bullmqTasks } from "./bullmq-tasks.ts";
import { tidegateTasks } from "./tidegate-tasks.ts";

const efforts: Readonly<Record<Pace, Effort>> = {
  full: { messages: 40_000, rounds: 5 },
  quick: { messages: 15_000, rounds: 2 },
  tiny: { messages: 400, rounds: 1 },
};
const goals = [{ to: "bullmq", atLeast: 0.9 }];

/** Runs of a task enqueued in bulk, and then run by one process, beside bare BullMQ with the same settings. */
export const tasks: Scenario = {
  name: "tasks",
  figures: [
    { unit: "runs enqueued/s", goals },
    { unit: "runs/s", goals },
  ],
  payloadBytes: [512],
  efforts,
  tidegate: tidegateTasks,
  peers: [bullmqTasks],
};
