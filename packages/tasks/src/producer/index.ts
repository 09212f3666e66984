export type { FailedQuery, FailedRuns } from "../failed/failed-runs.ts";
export type { MessagePlace } from "../job/job-id.ts";
export type { TaskRedis } from "../job/task-redis.ts";
export type { TaskSchedules } from "../schedules/task-schedules.ts";
export type { TaskCache } from "./definitions.ts";
export type { FlowNode } from "./flow-tree.ts";
export {
  type InputFor,
  type OutputFor,
  type TaskOrName,
  Tasks,
  type TasksOptions,
  type WaitForRun,
} from "./tasks.ts";
