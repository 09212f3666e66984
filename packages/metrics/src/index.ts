export { createMetrics, type Metrics, type MetricsOptions } from "./create-metrics.ts";
export type { HttpRequests, RouteRequests } from "./http-metrics.ts";
export type { PushHappening } from "./push-metrics.ts";
export type { CountedTasks } from "./task-counts.ts";
export type { ScheduleHappening, TaskHappening } from "./task-metrics.ts";
export type { WatchedWorker, WorkerPlace } from "./worker-metrics.ts";
