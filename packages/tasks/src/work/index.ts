export type { CallbackPort } from "./callbacks.ts";
export type { OfRun, OnTaskEvent, TaskEvent } from "./events.ts";
export { runTasks } from "./run-tasks.ts";
export type { RunTasksOptions } from "./run-tasks-options.ts";
export type { TaskWorker } from "./task-worker.ts";
