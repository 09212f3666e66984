import type { Enqueued } from "@tidegate/contracts";

/**
 * Hears of requests, and tells what was counted. A port, so that a Worker carries no registry: `createMetrics` of
 * `@tidegate/metrics` makes one.
 */
export interface ApiMetrics {
  /** What hears of the requests of a route. Asked for once, when the app is made. */
  route(method: string, path: string): RouteMeter;
  /** Runs of tasks, or HTTP tasks, that a request asked for; `duplicates` were there before. */
  enqueued(kind: "task" | "http", made: number, duplicates: number): void;
  /** The media type of the text. */
  readonly contentType: string;
  /** What `/metrics` answers. */
  text(): Promise<string>;
}

/** Hears of the requests of one route. */
export interface RouteMeter {
  began(): void;
  /** It was answered, or the head of its answer was made; `ms` after it began. */
  ended(status: number, ms: number): void;
}

/** Where nobody counts. */
export const deafMeter: RouteMeter = { began() {}, ended() {} };

/** Counts one run, or HTTP task, that was enqueued. */
export function countOne(kind: "task" | "http", { duplicate }: Enqueued, metrics: ApiMetrics): void {
  if (duplicate === true) metrics.enqueued(kind, 0, 1);
  else metrics.enqueued(kind, 1, 0);
}
