export {
  type AnyTask,
  defineTask,
  type InputOf,
  type OutputOf,
  type RunTask,
  type TaskDefinition,
  type TaskOptions,
} from "./define/define-task.ts";
export { PermanentError } from "./define/permanent-error.ts";
export type { ChildOutput, PublishedMessage, TaskContext } from "./define/task-context.ts";
export type {
  Backoff,
  CustomBackoff,
  Keep,
  TaskSettings,
  TaskSettingsInput,
} from "./define/task-settings.ts";
