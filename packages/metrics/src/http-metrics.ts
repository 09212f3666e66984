import { Counter, Gauge, type Registry } from "prom-client";
import { type DurationCell, Durations } from "./durations.ts";
import { durationBuckets } from "./messaging.ts";

/** Hears of the requests of one route; `RouteMeter` of `@tidegate/http` is this. */
export interface RouteRequests {
  began(): void;
  ended(status: number, ms: number): void;
}

/** What is counted of an HTTP server. */
export interface HttpRequests {
  route(method: string, path: string): RouteRequests;
  enqueued(kind: "task" | "http", made: number, duplicates: number): void;
  /** A request was refused at the door, since there were too many. */
  turnedAway(): void;
}

/** Counts requests by route and status, and the runs of tasks that they asked for. */
export function httpMetrics(registry: Registry): HttpRequests {
  const registers = [registry];
  let active = 0;
  const durations = new Durations(
    registry,
    "http_server_request_duration_seconds",
    "How long answered requests took, with what their caller wanted to wait.",
    durationBuckets,
  );
  new Gauge({
    name: "http_server_active_requests",
    help: "Requests that are being answered, this one included.",
    registers,
    collect() {
      this.set(active);
    },
  });
  const refused = new Counter({
    name: "tidegate_http_turned_away_total",
    help: "Requests that were refused at the door with OVERLOADED, since the server had too many.",
    registers,
  });
  const enqueued = new Counter({
    name: "tidegate_enqueued_tasks_total",
    help: "Runs of tasks (kind task) and HTTP tasks (kind http) that requests asked for, by outcome.",
    labelNames: ["kind", "outcome"],
    registers,
  });
  for (const kind of ["task", "http"]) {
    for (const outcome of ["new", "duplicate"]) enqueued.inc({ kind, outcome }, 0);
  }
  const routes = new Map<string, RouteRequests>();
  const open = (method: string, path: string): RouteRequests => {
    const byStatus = new Map<number, DurationCell>();
    const cellOf = (status: number): DurationCell => {
      const cell = durations.cell({
        http_request_method: method,
        http_route: path,
        http_response_status_code: `${status}`,
      });
      byStatus.set(status, cell);
      return cell;
    };
    return {
      began() {
        active += 1;
      },
      ended(status, ms) {
        active -= 1;
        (byStatus.get(status) ?? cellOf(status)).observe(ms / 1_000);
      },
    };
  };
  return {
    route(method, path) {
      // A route may be served in several ways, and is one.
      const key = `${method} ${path}`;
      const known = routes.get(key) ?? open(method, path);
      routes.set(key, known);
      return known;
    },
    enqueued(kind, made, duplicates) {
      if (made > 0) enqueued.inc({ kind, outcome: "new" }, made);
      if (duplicates > 0) enqueued.inc({ kind, outcome: "duplicate" }, duplicates);
    },
    turnedAway: () => refused.inc(),
  };
}
