import type { Registry } from "prom-client";
import { ByPlace, type Children } from "./by-place.ts";
import { type DurationCell, Durations } from "./durations.ts";
import type { LabelLimit, PlaceLabels } from "./label-limit.ts";
import { durationBuckets, groupLabels, messagingSystem } from "./messaging.ts";
import { type Cell, Tally } from "./tally.ts";

/** What is asked of a worker; `Worker` of `@tidegate/worker` has it. */
export interface WatchedWorker {
  on(
    event: "handled",
    listener: (handled: { readonly ms: number; readonly failed: boolean }) => void,
  ): unknown;
  on(event: "lease-lost", listener: (lost: { readonly messages: number }) => void): unknown;
}

/** Whose messages a worker handles. */
export interface WorkerPlace {
  readonly topic: string;
  readonly group: string;
}

interface OfGroup extends Children {
  readonly well: DurationCell;
  readonly badly: DurationCell;
  readonly lost: Cell;
}

/** Counts what workers tell. */
export function workerMetrics(
  registry: Registry,
  limit: LabelLimit,
): (worker: WatchedWorker, place: WorkerPlace) => void {
  const durations = new Durations(
    registry,
    "messaging_process_duration_seconds",
    "How long the handler took: of a batch, or of the first message of a lease.",
    durationBuckets,
  );
  const lost = new Tally(
    registry,
    "tidegate_lost_lease_messages_total",
    "Messages of leases that ran out, or were taken away, before their worker could settle them.",
    groupLabels,
  );
  const make = (labels: PlaceLabels): OfGroup => {
    const own = { messaging_system: messagingSystem, messaging_operation_name: "process", ...labels };
    const cells = {
      well: durations.cell(own),
      badly: durations.cell({ ...own, error_type: "_OTHER" }),
      lost: lost.cell({ ...labels }),
    };
    return {
      ...cells,
      remove() {
        for (const cell of Object.values(cells)) cell.remove();
      },
    };
  };
  const groups = new ByPlace(limit, make);
  return (worker, { topic, group }) => {
    worker.on("handled", ({ ms, failed }) => {
      const of = groups.of(topic, group);
      (failed ? of.badly : of.well).observe(ms / 1_000);
    });
    worker.on("lease-lost", ({ messages }) => groups.of(topic, group).lost.add(messages));
  };
}
