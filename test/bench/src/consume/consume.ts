import type { Scenario } from "../scenario.ts";
import { bullmqConsume } from "./bullmq-consume.ts";
import { rawConsume } from "./raw-consume.ts";
import { tidegateConsume } from "./tidegate-consume.ts";

/** A backlog handed to a handler and acknowledged by one process, from its start until the last acknowledgement. */
export const consume: Scenario = {
  name: "consume",
  unit: "messages/s",
  tidegate: tidegateConsume,
  peers: [bullmqConsume, rawConsume],
};
