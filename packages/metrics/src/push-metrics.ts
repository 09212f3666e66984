import type { Registry } from "prom-client";
import { ByPlace, type Children } from "./by-place.ts";
import { type DurationCell, Durations } from "./durations.ts";
import type { LabelLimit, PlaceLabels } from "./label-limit.ts";
import { durationBuckets, groupLabels } from "./messaging.ts";
import { type Cell, Tally } from "./tally.ts";

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
  readonly duration: DurationCell;
  readonly held: Cell;
  /** Calls with this status, or without one that came to this. */
  calls(status: number | null, came: string): Cell;
}

/** Statuses that are told by themselves; of others the endpoint could make any number. */
const toldStatuses: ReadonlySet<number> = new Set([
  200, 201, 202, 204, 207, 301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 425,
  429, 500, 501, 502, 503, 504,
]);

/** Counts calls of endpoints, by group. */
export function pushMetrics(registry: Registry, limit: LabelLimit): (event: PushHappening) => void {
  const durations = new Durations(
    registry,
    "tidegate_push_call_duration_seconds",
    "How long calls of endpoints took.",
    durationBuckets,
  );
  const calls = new Tally(
    registry,
    "tidegate_push_calls_total",
    "Calls of endpoints by the status of the answer, or, where there was none, by what they came to.",
    [...groupLabels, "http_response_status_code", "error_type"],
  );
  const holds = new Tally(
    registry,
    "tidegate_push_holds_total",
    "How often an endpoint was left alone for a while, its probes that failed included.",
    groupLabels,
  );
  const make = (labels: PlaceLabels): OfGroup => {
    const cells = { duration: durations.cell({ ...labels }), held: holds.cell({ ...labels }) };
    const byLabel = new Map<string, Cell>();
    return {
      ...cells,
      calls(status, came) {
        const label = status === null ? came : statusLabel(status);
        const known = byLabel.get(label);
        if (known !== undefined) return known;
        const own = status === null ? { error_type: label } : { http_response_status_code: label };
        const cell = calls.cell({ ...labels, ...own });
        byLabel.set(label, cell);
        return cell;
      },
      remove() {
        for (const cell of [...Object.values(cells), ...byLabel.values()]) cell.remove();
      },
    };
  };
  const groups = new ByPlace(limit, make);
  return ({ type, topic, group, came = "", status = null, ms = 0 }) => {
    if (topic === undefined || group === undefined) return;
    if (type === "called") {
      const of = groups.of(topic, group);
      of.duration.observe(ms / 1_000);
      of.calls(status, came).add(1);
    } else if (type === "held") groups.of(topic, group).held.add(1);
  };
}

function statusLabel(status: number): string {
  return toldStatuses.has(status) ? `${status}` : `${Math.floor(status / 100)}xx`;
}
