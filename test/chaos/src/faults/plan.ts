import { type Random, seededRandom } from "../random.ts";
import type { StageKind } from "../stage/stage.ts";
import { failoverFaults } from "./failover-faults.ts";
import type { Fault } from "./fault.ts";
import { networkFaults } from "./network-faults.ts";
import { operatorFaults } from "./operator-faults.ts";
import { processFaults } from "./process-faults.ts";
import { redisFaults } from "./redis-faults.ts";

export const faults: readonly Fault[] = [
  ...processFaults,
  ...redisFaults,
  ...networkFaults,
  ...failoverFaults,
  ...operatorFaults,
];

/** A fault, when it begins, and the chance that decides the rest of it. */
export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
  readonly random: Random;
}

/** What will happen in an episode: the same for the same seed. */
export function planFaults(
  seed: string,
  stage: StageKind,
  lengthMs: number,
  only: readonly string[],
): readonly PlannedFault[] {
  const random = seededRandom(`${seed}/plan`);
  const fitting = faults.filter(
    ({ kind, stages }) =>
      (stages === undefined || stages.includes(stage)) && (only.length === 0 || only.includes(kind)),
  );
  if (fitting.length === 0) return [];
  const lots = fitting.flatMap((fault) => Array.from({ length: fault.weight }, () => fault));
  const planned: PlannedFault[] = [];
  for (let atMs = 500; atMs < lengthMs; atMs += random.whole(60, 420)) {
    planned.push({ atMs, fault: random.pick(lots), random: random.branch(`fault ${planned.length}`) });
  }
  return planned;
}
