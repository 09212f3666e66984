import { Counter, Histogram, type Registry } from "prom-client";
import { ByPlace, type Children } from "./by-place.ts";
import type { LabelLimit, PlaceLabels } from "./label-limit.ts";
import { durationBuckets, groupLabels } from "./messaging.ts";

/** What is read of an event; the events of a dispatcher (`PushEvent`) are such. */
export interface PushHappening {
  readonly type: string;
  readonly topic?: string;
  readonly group?: string;
  /** Of `called`: what it came to, the status where there was an answer, and how long it took. */
  readonly came?: string;
  readonly status?: number | null;
  readonly ms?: number;
}

interface OfGroup extends Children {
  called(came: string, status: number | null, seconds: number): void;
  held(): void;
}

/** Statuses that are told by themselves; of others the endpoint could make any number. */
const toldStatuses: ReadonlySet<number> = new Set([
  200, 201, 202, 204, 207, 301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 425,
  429, 500, 501, 502, 503, 504,
]);

/** Counts calls of endpoints, by group. */
export function pushMetrics(registry: Registry, limit: LabelLimit): (event: PushHappening) => void {
  const registers = [registry];
  const durations = new Histogram({
    name: "tidegate_push_call_duration_seconds",
    help: "How long calls of endpoints took.",
    labelNames: groupLabels,
    buckets: durationBuckets,
    registers,
  });
  const calls = new Counter({
    name: "tidegate_push_calls_total",
    help: "Calls of endpoints by the status of the answer, or, where there was none, by what they came to.",
    labelNames: [...groupLabels, "http_response_status_code", "error_type"],
    registers,
  });
  const holds = new Counter({
    name: "tidegate_push_holds_total",
    help: "How often an endpoint was left alone for a while, its probes that failed included.",
    labelNames: groupLabels,
    registers,
  });
  const make = (labels: PlaceLabels): OfGroup => {
    const duration = durations.labels(labels);
    const held = holds.labels(labels);
    held.inc(0);
    const byOutcome = new Map<string, { labels: object; inc: () => void }>();
    return {
      called(came, status, seconds) {
        duration.observe(seconds);
        const key = status === null ? came : statusLabel(status);
        let counted = byOutcome.get(key);
        if (counted === undefined) {
          const own =
            status === null ? { ...labels, error_type: key } : { ...labels, http_response_status_code: key };
          const child = calls.labels(own);
          counted = { labels: own, inc: () => child.inc() };
          byOutcome.set(key, counted);
        }
        counted.inc();
      },
      held: () => held.inc(),
      remove() {
        durations.remove(labels);
        holds.remove(labels);
        for (const { labels: own } of byOutcome.values()) calls.remove(own);
      },
    };
  };
  const groups = new ByPlace(limit, make);
  return ({ type, topic, group, came = "", status = null, ms = 0 }) => {
    if (topic === undefined || group === undefined) return;
    if (type === "called") groups.of(topic, group).called(came, status, ms / 1_000);
    else if (type === "held") groups.of(topic, group).held();
  };
}

function statusLabel(status: number): string {
  return toldStatuses.has(status) ? `${status}` : `${Math.floor(status / 100)}xx`;
}
