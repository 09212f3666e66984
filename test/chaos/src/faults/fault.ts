import type { Engine } from "@tidegate/core";
import type { Proc } from "../actors/start-actor.ts";
import type { Rollback } from "../history/event.ts";
import type { Journal } from "../history/journal.ts";
import { monotonicNow } from "../history/monotonic.ts";
import type { Random } from "../random.ts";
import type { Stage, StageKind } from "../stage/stage.ts";

/** What a fault can get at. */
export interface FaultScene {
  readonly stage: Stage;
  readonly actors: readonly Proc[];
  readonly server: Proc;
  /** The operator's engine, on a connection that the gateway does not touch. */
  readonly engine: Engine;
  readonly namespace: string;
  readonly journal: Journal;
}

export interface Fault {
  readonly kind: string;
  /** Where it makes sense. Default: everywhere. */
  readonly stages?: readonly StageKind[];
  /** How often it is drawn, beside others. */
  readonly weight: number;
  /** What it needs for itself: two faults on the same thing come one after the other. */
  readonly resource: "redis" | "gateway" | "processes" | "operator";
  /** Does it, and ends it. Resolves to what it was done to. */
  run(scene: FaultScene, random: Random): Promise<string>;
}

/** Runs a fault and writes down from when until when. */
export async function inject(fault: Fault, scene: FaultScene, random: Random): Promise<void> {
  const { journal } = scene;
  const call = journal.newCall();
  journal.write({ type: "fault", call, kind: fault.kind, target: "" });
  try {
    await fault.run(scene, random);
    journal.write({ type: "done", call });
  } catch (error) {
    journal.write({ type: "done", call, error: String(error) });
    throw new Error(`${fault.kind}: ${String(error)}`, { cause: error });
  }
}

/** Marks the time in which acknowledged writes of the last `windowMs` may get lost. */
export async function losing<T>(
  { journal }: FaultScene,
  { windowMs, protects }: { windowMs: number } & Pick<Rollback, "protects">,
  work: () => Promise<T>,
): Promise<T> {
  return breaking(
    journal,
    { what: "rollback", rollback: { lossFrom: monotonicNow() - windowMs, protects } },
    work,
  );
}

/** Marks the time in which something makes the past void. */
export async function breaking<T>(
  journal: Journal,
  broken: {
    what: "seek" | "redrive" | "delete" | "grow" | "rollback";
    topic?: string;
    group?: string;
    rollback?: Rollback;
  },
  work: () => Promise<T>,
): Promise<T> {
  const call = journal.newCall();
  const { what, topic = null, group = null, rollback } = broken;
  journal.write({ type: "break", call, what, topic, group, ...(rollback ? { rollback } : {}) });
  const result = await work();
  journal.write({ type: "done", call });
  return result;
}
