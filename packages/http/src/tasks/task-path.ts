import { runId, scheduleId, TidegateError, taskName, validate } from "@tidegate/contracts";
import type { Call } from "../call.ts";

const usualName = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;

/** The task of the path. */
export function taskOf(call: Call): string {
  const task = call.param("task") ?? "";
  // The schema says the same, more slowly.
  return usualName.test(task) ? task : validate(taskName, task, "task");
}

/** The run of the path. What can be the id of none is not there. */
export function runOf(call: Call): string {
  const id = runId.safeParse(call.param("id"));
  if (id.success) return id.data;
  throw new TidegateError("NOT_FOUND", "The task has no such run");
}

/** The schedule of the path. */
export function scheduleOf(call: Call): string {
  return validate(scheduleId, call.param("schedule"), "schedule");
}
