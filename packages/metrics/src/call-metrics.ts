import type { Meter } from "@tidegate/core";
import { Counter, Histogram, type Registry } from "prom-client";
import { callBuckets, messagingSystem } from "./messaging.ts";

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
  ended(seconds: number, hasFailed: boolean): void;
  failed(): void;
}

/** Counts the engine's calls to Redis. */
export function callMetrics(registry: Registry): Required<Pick<Meter, "called">> {
  const registers = [registry];
  const calls = new Histogram({
    name: "tidegate_redis_call_duration_seconds",
    help: "How long calls to Redis took, until they were answered or given up, by script or command.",
    labelNames: ["command"],
    buckets: callBuckets,
    registers,
  });
  const failures = new Counter({
    name: "tidegate_redis_call_failures_total",
    help: "Those of them that Redis answered with an error, or not at all.",
    labelNames: ["command"],
    registers,
  });
  const durations = new Histogram({
    name: "messaging_client_operation_duration_seconds",
    help: "How long publishing, receiving and settling took, by the calls to Redis that do it.",
    labelNames: ["messaging_system", "messaging_operation_name", "messaging_operation_type", "error_type"],
    buckets: callBuckets,
    registers,
  });
  const known = new Map<string, OfCall>();
  const open = (command: string): OfCall => {
    const of = calls.labels({ command });
    const failed = failures.labels({ command });
    failed.inc(0);
    const operation = operations[command];
    if (operation === undefined) return { ended: of.observe, failed: () => failed.inc() };
    const labels = {
      messaging_system: messagingSystem,
      messaging_operation_name: operation[0],
      messaging_operation_type: operation[1],
    };
    const went = durations.labels(labels);
    const wentWrong = durations.labels({ ...labels, error_type: unknownError });
    return {
      ended(seconds, hasFailed) {
        of.observe(seconds);
        (hasFailed ? wentWrong : went).observe(seconds);
      },
      failed: () => failed.inc(),
    };
  };
  return {
    called(name, ms, hasFailed) {
      let of = known.get(name);
      if (of === undefined) {
        of = open(name);
        known.set(name, of);
      }
      of.ended(ms / 1_000, hasFailed);
      if (hasFailed) of.failed();
    },
  };
}
