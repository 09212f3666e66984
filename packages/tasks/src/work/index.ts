export type { CallbackPort } from "./callbacks.ts";
export type { OfRun, OnTaskEvent, TaskEvent } from "./events.ts";
export { type RunTasksOptions, runTasks } from "./run-tasks.ts";
export type { TaskWorker } from "./task-worker.ts";
