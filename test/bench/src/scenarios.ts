import { consume } from "./consume/consume.ts";
import { produce } from "./produce/produce.ts";
import type { Scenario } from "./scenario.ts";

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [produce, consume];
