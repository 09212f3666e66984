import { TidegateError } from "@tidegate/contracts";
import type { Engine, Meter } from "@tidegate/core";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { callMetrics } from "./call-metrics.ts";
import { deliveryMetrics } from "./delivery-metrics.ts";
import { figuresMetrics } from "./figures-metrics.ts";
import { type HttpRequests, httpMetrics } from "./http-metrics.ts";
import { LabelLimit } from "./label-limit.ts";
import { memoryMetrics } from "./memory-metrics.ts";
import { type PushHappening, pushMetrics } from "./push-metrics.ts";
import type { Refreshed } from "./scraped.ts";
import { type CountedTasks, taskCountMetrics } from "./task-counts.ts";
import { type ScheduleHappening, scheduleMetrics, type TaskHappening, taskMetrics } from "./task-metrics.ts";
import { tellAll } from "./tell-all.ts";
import { type WatchedWorker, type WorkerPlace, workerMetrics } from "./worker-metrics.ts";

/** How metrics are made. */
export interface MetricsOptions {
  /** Where they are registered. Default: a registry of their own. */
  readonly registry?: Registry;
  /** How many topics, and how many groups, have time series of their own; the others share `other`. Default 500. */
  readonly maxLabels?: number | undefined;
  /** Whether memory, event loop and garbage of this process are told as well. Default true. */
  readonly process?: boolean;
}

/** What a process counts, and how it is told. Families of metrics come with the first use of what counts them. */
export interface Metrics {
  readonly registry: Registry;
  /** For `EngineOptions.meter`. */
  readonly meter: Meter;
  /** For `AppOptions.metrics` of `@tidegate/http`. */
  readonly http: HttpRequests & Pick<Metrics, "contentType" | "text">;
  /** The media type of the text. */
  readonly contentType: string;
  /** Tells where topics and groups stand, and what Redis uses, at each scrape. One process of a namespace need do so. */
  watchEngine(engine: Pick<Engine, "figures" | "redisUse">): void;
  /** Counts what a worker handles. */
  watchWorker(worker: WatchedWorker, place: WorkerPlace): void;
  /** Tells how many runs of tasks stand where, at each scrape. */
  watchTasks(tasks: CountedTasks): void;
  /** Counts an event of a dispatcher: for its `onEvent`. */
  readonly pushed: (event: PushHappening) => void;
  /** Counts an event of a worker of tasks: for the `onEvent` of `runTasks`. */
  readonly ran: (event: TaskHappening) => void;
  /** Counts an event of a scheduler of HTTP tasks: for its `onEvent`. */
  readonly scheduled: (event: ScheduleHappening) => void;
  /** All of it in the text format of Prometheus. Waits two seconds for Redis at most, and leaves out what it does not say. */
  readonly text: () => Promise<string>;
}

/** Makes metrics, which count what is given their meter or their listeners, and tell what is given to their watch. Throws INVALID. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { registry = new Registry(), maxLabels = 500, process = true } = options;
  if (!Number.isInteger(maxLabels) || maxLabels < 1) {
    const details = { field: "maxLabels", limit: 1 };
    throw new TidegateError("INVALID", "maxLabels must be a whole number from 1", details);
  }
  const limit = new LabelLimit(maxLabels);
  if (process) collectDefaultMetrics({ register: registry });
  labelMetrics(registry, limit);
  const { contentType } = registry;
  const sources: Refreshed[] = [];
  const text = () => tellAll(registry, sources);
  const parts = {
    meter: once((): Meter => ({ ...deliveryMetrics(registry, limit), ...callMetrics(registry) })),
    http: once(() => ({ ...httpMetrics(registry), contentType, text })),
    workers: once(() => workerMetrics(registry, limit)),
    pushed: once(() => pushMetrics(registry, limit)),
    ran: once(() => taskMetrics(registry)),
    scheduled: once(() => scheduleMetrics(registry)),
  };
  return {
    registry,
    contentType,
    text,
    get meter() {
      return parts.meter();
    },
    get http() {
      return parts.http();
    },
    watchEngine(engine) {
      sources.push(figuresMetrics(registry, limit, engine), memoryMetrics(registry, engine));
    },
    watchWorker: (worker, place) => parts.workers()(worker, place),
    watchTasks(tasks) {
      sources.push(taskCountMetrics(registry, tasks));
    },
    get pushed() {
      return parts.pushed();
    },
    get ran() {
      return parts.ran();
    },
    get scheduled() {
      return parts.scheduled();
    },
  };
}

/** Tells how many labels are taken, and whether some had to do without. */
function labelMetrics(registry: Registry, limit: LabelLimit): void {
  const registers = [registry];
  new Gauge({
    name: "tidegate_metrics_labels",
    help: "Topics and groups that have time series of their own.",
    labelNames: ["kind"],
    registers,
    collect() {
      this.set({ kind: "topic" }, limit.topics);
      this.set({ kind: "group" }, limit.groups);
    },
  });
  new Gauge({
    name: "tidegate_metrics_labels_limit",
    help: "How many of each kind there may be.",
    registers,
    collect() {
      this.set(limit.limit);
    },
  });
  new Gauge({
    name: "tidegate_metrics_labels_limit_reached",
    help: "1 when some are told of as other, since there are more.",
    registers,
    collect() {
      this.set(limit.reached ? 1 : 0);
    },
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
