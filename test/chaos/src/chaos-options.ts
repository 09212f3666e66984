import { parseArgs } from "node:util";
import { faults } from "./faults/plan.ts";
import type { StageKind } from "./stage/stage.ts";

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: string;
  /** Kinds of faults; empty: all. */
  readonly only: readonly string[];
  /** Stages that take turns. */
  readonly stages: readonly StageKind[];
  readonly json: boolean;
  readonly lossTable: boolean;
  /** Whether histories are kept of episodes without findings, too. */
  readonly keep: boolean;
}

const kinds = faults.map(({ kind }) => kind);
const allStages: readonly StageKind[] = ["everysec", "cluster", "always", "pair", "snapshot"];

export const usage = `npm run chaos -- [options]
  --minutes <n>        how long; default 3
  --seed <text>        what decides kinds, times and targets; default: a random one, which is printed
  --only <fault>       may be repeated: ${kinds.join(", ")}
  --stage <stage>      may be repeated: ${allStages.join(", ")}
  --keep               keep the histories of all episodes, not only of those with findings
  --json               one more line at the end: the results as JSON
  --loss-table         instead: what each fault loses at each level of acks, as a table in markdown`;

/** @throws Error with one line that names the option */
export function parseChaosOptions(argv: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: "string", default: "3" },
      seed: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      stage: { type: "string", multiple: true, default: [] },
      keep: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      "loss-table": { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 24 * 60))
    throw new Error(`--minutes ${values.minutes}: must be a number from above 0 to 1440`);
  for (const name of values.only)
    if (!kinds.includes(name))
      throw new Error(`--only ${name}: there is no such fault, only ${kinds.join(", ")}`);
  for (const name of values.stage) {
    if (!allStages.includes(name as StageKind))
      throw new Error(`--stage ${name}: there is no such stage, only ${allStages.join(", ")}`);
  }
  const wanted = values.stage.length > 0 ? (values.stage as StageKind[]) : allStages;
  const stages = wanted.filter((stage) => fits(stage, values.only));
  if (stages.length === 0) throw new Error(`--only ${values.only.join(", ")}: not on ${wanted.join(", ")}`);
  return {
    minutes,
    seed: values.seed ?? String(Math.floor(Math.random() * 1_000_000)),
    only: values.only,
    stages,
    json: values.json,
    lossTable: values["loss-table"],
    keep: values.keep,
  };
}

function fits(stage: StageKind, only: readonly string[]): boolean {
  if (only.length === 0) return true;
  return faults.some(
    ({ kind, stages }) => only.includes(kind) && (stages === undefined || stages.includes(stage)),
  );
}
