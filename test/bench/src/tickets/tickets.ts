import type { Scenario } from "../scenario.ts";
import { bareTickets } from "./bare-tickets.ts";
import { tidegateTickets } from "./tidegate-tickets.ts";

/** Tickets of messages in a long line polled one a request, beside a route that only answers as much. */
export const tickets: Scenario = {
  name: "tickets",
  figures: [{ unit: "polls/s", goals: [{ to: "raw", atLeast: 0.6 }] }],
  payloadBytes: [128],
  efforts: {
    full: { messages: 120_000, rounds: 5, warmUp: 0 },
    quick: { messages: 12_000, rounds: 2, warmUp: 0 },
    tiny: { messages: 200, rounds: 1 },
  },
  tidegate: tidegateTickets,
  peers: [bareTickets],
};
