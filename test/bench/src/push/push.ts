import type { Scenario } from "../scenario.ts";
import { barePush } from "./bare-push.ts";
import { tidegatePush } from "./tidegate-push.ts";

/** Messages pushed to a function on this machine, beside a bare loop over the same HTTP client. */
export const push: Scenario = {
  name: "push",
  figures: [{ unit: "requests/s", goals: [{ to: "raw", atLeast: 0.6 }] }],
  payloadBytes: [512],
  efforts: {
    full: { messages: 60_000, rounds: 5 },
    quick: { messages: 10_000, rounds: 2 },
    tiny: { messages: 200, rounds: 1 },
  },
  tidegate: tidegatePush,
  peers: [barePush],
};
