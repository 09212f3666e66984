import { Counter, Histogram, type Registry } from "prom-client";
import { ByPlace, type Children } from "./by-place.ts";
import type { LabelLimit, PlaceLabels } from "./label-limit.ts";
import { durationBuckets, groupLabels, messagingSystem } from "./messaging.ts";

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
  handled(seconds: number, failed: boolean): void;
  lost(messages: number): void;
}

/** Counts what workers tell. */
export function workerMetrics(
  registry: Registry,
  limit: LabelLimit,
): (worker: WatchedWorker, place: WorkerPlace) => void {
  const registers = [registry];
  const durations = new Histogram({
    name: "messaging_process_duration_seconds",
    help: "How long the handler took: of a batch, or of the first message of a lease.",
    labelNames: ["messaging_system", "messaging_operation_name", ...groupLabels, "error_type"],
    buckets: durationBuckets,
    registers,
  });
  const lost = new Counter({
    name: "tidegate_lost_lease_messages_total",
    help: "Messages of leases that ran out, or were taken away, before their worker could settle them.",
    labelNames: groupLabels,
    registers,
  });
  const make = (labels: PlaceLabels): OfGroup => {
    const well = { messaging_system: messagingSystem, messaging_operation_name: "process", ...labels };
    const badly = { ...well, error_type: "_OTHER" };
    const [wentWell, wentBadly] = [durations.labels(well), durations.labels(badly)];
    const ofLost = lost.labels(labels);
    ofLost.inc(0);
    return {
      handled: (seconds, failed) => (failed ? wentBadly : wentWell).observe(seconds),
      lost: (messages) => ofLost.inc(messages),
      remove() {
        durations.remove(well);
        durations.remove(badly);
        lost.remove(labels);
      },
    };
  };
  const groups = new ByPlace(limit, make);
  return (worker, { topic, group }) => {
    worker.on("handled", ({ ms, failed }) => groups.of(topic, group).handled(ms / 1_000, failed));
    worker.on("lease-lost", ({ messages }) => groups.of(topic, group).lost(messages));
  };
}
