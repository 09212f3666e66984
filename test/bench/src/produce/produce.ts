import type { Scenario } from "../scenario.ts";
import { bullmqProduce } from "./bullmq-produce.ts";
import { rawProduce } from "./raw-produce.ts";
import { tidegateProduce } from "./tidegate-produce.ts";

/** Messages put in as fast as one process can, until the last is confirmed. */
export const produce: Scenario = {
  name: "produce",
  unit: "messages/s",
  tidegate: tidegateProduce,
  peers: [bullmqProduce, rawProduce],
};
