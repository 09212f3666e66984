export { type Ticket, Tickets } from "@tidegate/core";
export type { Answer } from "./answer.ts";
export type { ApiMetrics, RouteMeter } from "./api-metrics.ts";
export { bodyTooLarge, type Call, endedEarly } from "./call.ts";
export { type Api, type AppOptions, createApi, createApp, type Failure } from "./create-app.ts";
export { Grants, type Permission, parseTokens, type Tokens } from "./middleware/tokens.ts";
export { OverviewHub, type OverviewHubOptions } from "./overview/overview-hub.ts";
export { problemAnswer } from "./problem.ts";
export type { HttpTaskProducer, HttpTaskSchedules } from "./tasks/http-task-producer.ts";
export type {
  FailedQuery,
  FailedTasks,
  TaskProducer,
  TaskSchedules,
  WaitOptions,
} from "./tasks/task-producer.ts";
