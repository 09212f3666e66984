import { startClusterStage } from "./cluster-stage.ts";
import { startPairStage } from "./pair-stage.ts";
import { startSingleStage } from "./single-stage.ts";
import type { Stage, StageKind } from "./stage.ts";

/** Starts the Redis of an episode. */
export function startStage(kind: StageKind): Promise<Stage> {
  if (kind === "pair") return startPairStage();
  if (kind === "cluster") return startClusterStage();
  return startSingleStage(kind);
}
