import { batchEfforts, batchSizes } from "../batch-sizes.ts";
import type { Scenario } from "../scenario.ts";
import { bullmqConsume } from "./bullmq-consume.ts";
import { natsConsume } from "./nats-consume.ts";
import { rabbitmqConsume } from "./rabbitmq-consume.ts";
import { rawConsume } from "./raw-consume.ts";
import { tidegateConsume } from "./tidegate-consume.ts";

/** A backlog handed to a handler and acknowledged by one process, from its start until the last acknowledgement. */
export const consume: Scenario = {
  name: "consume",
  figures: [
    {
      unit: "messages/s",
      goals: [
        { payloadBytes: 512, to: "bullmq", atLeast: 15 },
        { payloadBytes: 512, to: "rabbitmq", atLeast: 10 },
        { payloadBytes: 512, to: "nats", atLeast: 4 },
      ],
    },
  ],
  payloadBytes: batchSizes,
  efforts: batchEfforts,
  tidegate: tidegateConsume,
  peers: [bullmqConsume, rabbitmqConsume("classic"), rabbitmqConsume("quorum"), natsConsume, rawConsume],
};
