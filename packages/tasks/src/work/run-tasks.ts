import { limits, TidegateError } from "@tidegate/contracts";
import type { AnyTask } from "../define/define-task.ts";
import type { RunTasksOptions } from "./run-tasks-options.ts";
import { TaskWorker } from "./task-worker.ts";

/**
 * Carries out tasks in this process until `stop`, beside any number of other processes that do the same. Begins at once, and makes the
 * definitions known to producers that have none.
 * @throws INVALID with the field
 */
export function runTasks(definitions: readonly AnyTask[], options: RunTasksOptions): TaskWorker {
  if (!Array.isArray(definitions) || definitions.length === 0) refuse("tasks", "must name one task or more");
  const names = new Set<string>();
  for (const [index, { name, run }] of definitions.entries()) {
    if (names.has(name)) refuse(`tasks[${index}].name`, `is ${name} a second time`);
    if (run === null) refuse(`tasks[${index}].run`, `is missing: ${name} must be implemented to be run`);
    names.add(name);
  }
  if (typeof options.redis?.duplicate !== "function") refuse("redis", "must be a client of ioredis");
  const { lockMs = 30_000, stopTimeoutMs = 30_000 } = options;
  requireWhole("lockMs", lockMs, 1_000, 3_600_000);
  requireWhole("stopTimeoutMs", stopTimeoutMs, 0, limits.taskTimeoutMs);
  return new TaskWorker(definitions, { ...options, lockMs, stopTimeoutMs });
}

function requireWhole(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  refuse(field, `must be a whole number from ${least} to ${most}`, value < least ? least : most);
}

function refuse(field: string, what: string, limit?: number): never {
  const details = limit === undefined ? { field } : { field, limit };
  throw new TidegateError("INVALID", `${field} ${what}`, details);
}
