import { batchEfforts } from "../batch-sizes.ts";
import type { Scenario } from "../scenario.ts";
import { commandLine } from "./command-line.ts";
import { sdk } from "./sdk.ts";

/** Lines of a file published, and a backlog written to a file, by `tidegate --redis`; beside it what the SDKs do on the same path. */
export const cli: Scenario = {
  name: "cli",
  figures: [
    { unit: "produced/s", goals: [{ payloadBytes: 512, to: "sdk", atLeast: 0.5 }] },
    { unit: "consumed/s", goals: [{ payloadBytes: 512, to: "sdk", atLeast: 0.5 }] },
  ],
  payloadBytes: [512],
  efforts: batchEfforts,
  tidegate: commandLine,
  peers: [sdk],
};
