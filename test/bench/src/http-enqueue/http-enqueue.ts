import type { Scenario } from "../scenario.ts";
import { bareEnqueue } from "./bare-enqueue.ts";
import { tidegateEnqueue } from "./tidegate-enqueue.ts";

/** Runs of a task enqueued one a request, beside a route that only parses the same JSON and answers as much. */
export const httpEnqueue: Scenario = {
  name: "http-enqueue",
  figures: [{ unit: "requests/s", goals: [{ to: "raw", atLeast: 0.45 }] }],
  payloadBytes: [512],
  efforts: {
    full: { messages: 80_000, rounds: 5, warmUp: 0 },
    quick: { messages: 12_000, rounds: 2, warmUp: 0 },
    tiny: { messages: 200, rounds: 1 },
  },
  tidegate: tidegateEnqueue,
  peers: [bareEnqueue],
};
