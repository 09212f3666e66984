import type { Scenario } from "../scenario.ts";
import { bullmqLatency } from "./bullmq-latency.ts";
import { natsLatency } from "./nats-latency.ts";
import { rabbitmqLatency } from "./rabbitmq-latency.ts";
import { messagesPerSecond } from "./send-paced.ts";
import { tidegateLatency } from "./tidegate-latency.ts";

/** From the moment at which a message was to be sent to its handler, at an even load, in one process. */
export const latency: Scenario = {
  name: "latency",
  figures: [
    { unit: "ms at 10,000 messages/s, p50", digits: 1 },
    { unit: "ms at 10,000 messages/s, p99", digits: 1 },
  ],
  payloadBytes: [512],
  efforts: {
    full: { messages: 3 * messagesPerSecond, rounds: 3, warmUp: 0 },
    quick: { messages: 2 * messagesPerSecond, rounds: 1, warmUp: 0 },
    tiny: { messages: 300, rounds: 1, warmUp: 0 },
  },
  tidegate: tidegateLatency,
  peers: [bullmqLatency, rabbitmqLatency, natsLatency],
};
