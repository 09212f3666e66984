import type { Effort, Figure, Pace, Scenario } from "../scenario.ts";
import { bareRoute } from "./bare-route.ts";
import { tidegateServer } from "./tidegate-server.ts";

const efforts: Readonly<Record<Pace, Effort>> = {
  full: { messages: 120_000, rounds: 5, warmUp: 0 },
  quick: { messages: 12_000, rounds: 2, warmUp: 0 },
  tiny: { messages: 200, rounds: 1 },
};

function figureWith(atLeast: number): Figure {
  return { unit: "requests/s", goals: [{ to: "raw", atLeast }] };
}

/** Messages published one a request, beside a route that only parses the same JSON and answers as much. */
export const httpPublish: Scenario = {
  name: "http-publish",
  figures: [figureWith(0.7)],
  payloadBytes: [512],
  efforts,
  tidegate: tidegateServer("plain"),
  peers: [bareRoute("plain")],
};

/** The same with an idempotency key of its own for each message. */
export const httpPublishIdempotent: Scenario = {
  name: "http-publish-idempotent",
  figures: [figureWith(0.55)],
  payloadBytes: [512],
  efforts,
  tidegate: tidegateServer("idempotent"),
  peers: [bareRoute("idempotent")],
};
