import type { Meter } from "@tidegate/core";
import type { Registry } from "prom-client";
import { type DurationCell, Durations } from "./durations.ts";
import { callBuckets, messagingSystem } from "./messaging.ts";
import { type Cell, Tally } from "./tally.ts";

/** Which calls are operations of messaging, by the names and types of OpenTelemetry's conventions. */
const operations: Readonly<Record<string, readonly [name: string, type: string]>> = {
  "append-units": ["publish", "send"],
  "acquire-range": ["receive", "receive"],
  "take-lanes": ["receive", "receive"],
  "settle-lease": ["settle", "settle"],
  "settle-lanes": ["settle", "settle"],
  "extend-lease": ["extend", "settle"],
  "extend-lanes": ["extend", "settle"],
};

/** What the conventions call an error of which no more is known. */
const unknownError = "_OTHER";

interface OfCall {
  readonly of: DurationCell;
  readonly failed: Cell;
  /** Of what is an operation of messaging. */
  readonly well: DurationCell | null;
  readonly badly: DurationCell | null;
}

/** Counts the engine's calls to Redis. */
export function callMetrics(registry: Registry): Required<Pick<Meter, "called">> {
  const calls = new Durations(
    registry,
    "tidegate_redis_call_duration_seconds",
    "How long calls to Redis took, until they were answered or given up, by script or command.",
    callBuckets,
  );
  const failures = new Tally(
    registry,
    "tidegate_redis_call_failures_total",
    "Those of them that Redis answered with an error, or not at all.",
    ["command"],
  );
  const durations = new Durations(
    registry,
    "messaging_client_operation_duration_seconds",
    "How long publishing, receiving and settling took, by the calls to Redis that do it.",
    callBuckets,
  );
  const known = new Map<string, OfCall>();
  const open = (command: string): OfCall => {
    const of = calls.cell({ command });
    const failed = failures.cell({ command });
    const operation = operations[command];
    if (operation === undefined) return { of, failed, well: null, badly: null };
    const labels = {
      messaging_system: messagingSystem,
      messaging_operation_name: operation[0],
      messaging_operation_type: operation[1],
    };
    const badly = durations.cell({ ...labels, error_type: unknownError });
    return { of, failed, well: durations.cell(labels), badly };
  };
  return {
    called(name, ms, hasFailed) {
      let call = known.get(name);
      if (call === undefined) {
        call = open(name);
        known.set(name, call);
      }
      const seconds = ms / 1_000;
      call.of.observe(seconds);
      if (hasFailed) {
        call.failed.add(1);
        call.badly?.observe(seconds);
      } else call.well?.observe(seconds);
    },
  };
}
