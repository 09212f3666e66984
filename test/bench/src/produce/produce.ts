import { batchEfforts, batchSizes } from "../batch-sizes.ts";
import type { Scenario } from "../scenario.ts";
import { bullmqProduce } from "./bullmq-produce.ts";
import { natsProduce } from "./nats-produce.ts";
import { rabbitmqProduce } from "./rabbitmq-produce.ts";
import { rawProduce } from "./raw-produce.ts";
import { tidegateProduce } from "./tidegate-produce.ts";

/** Messages put in as fast as one process can, until the last is confirmed. */
export const produce: Scenario = {
  name: "produce",
  figures: [
    {
      unit: "messages/s",
      goals: [
        { payloadBytes: 512, to: "bullmq", atLeast: 10 },
        { payloadBytes: 512, to: "rabbitmq", atLeast: 10 },
        { payloadBytes: 512, to: "nats", atLeast: 8 },
      ],
    },
  ],
  payloadBytes: batchSizes,
  efforts: batchEfforts,
  tidegate: tidegateProduce,
  peers: [bullmqProduce, rabbitmqProduce("classic"), rabbitmqProduce("quorum"), natsProduce, rawProduce],
};
