import type { TaskState, TaskStatus } from "@tidegate/contracts";
import type { RunRecord } from "@tidegate/core";
import { scheduleOf } from "./job-id.ts";
import { parseReason, taskErrorNames } from "./task-error.ts";

/** What is told of a run; null when there is none. `maxAttempts` is for one that is gone. */
export function statusOf(task: string, id: string, run: RunRecord, maxAttempts: number): TaskStatus | null {
  if (run.state === "gone") return run.cancelledAt === null ? null : goneStatus(task, id, run, maxAttempts);
  const state = stateOf(run);
  return {
    task,
    id,
    state,
    progress: parse(run.progress),
    attempts: attemptsBegun(run),
    maxAttempts: (JSON.parse(run.options) as { attempts?: number }).attempts ?? 1,
    output: run.state === "completed" ? parse(run.output) : null,
    error: errorOf(run, state),
    priority: run.priority > 0 ? run.priority : null,
    schedule: scheduleOf(id),
    enqueuedAt: run.timestamp,
    runAt: run.runAt,
    startedAt: run.processedAt,
    finishedAt: run.finishedAt ?? (state === "cancelled" ? run.cancelledAt : null),
  };
}

/** Removed while it waited: all that is left is when. */
function goneStatus(task: string, id: string, { cancelledAt }: RunRecord, maxAttempts: number): TaskStatus {
  return {
    task,
    id,
    state: "cancelled",
    progress: null,
    attempts: 0,
    maxAttempts,
    output: null,
    error: cancelled,
    priority: null,
    schedule: scheduleOf(id),
    enqueuedAt: cancelledAt!,
    runAt: null,
    startedAt: null,
    finishedAt: cancelledAt,
  };
}

const cancelled = { name: taskErrorNames.cancelled, message: "The run was cancelled" };

/** A run that is cancelled, and not yet ended by a worker, counts as cancelled unless one has it just now. */
function stateOf({ state, reason, cancelledAt }: RunRecord): TaskState {
  if (state === "failed" && reason !== null && parseReason(reason).name === taskErrorNames.cancelled)
    return "cancelled";
  if (state === "completed" || state === "failed" || state === "running") return state as TaskState;
  return cancelledAt === null ? (state as TaskState) : "cancelled";
}

function errorOf({ reason, state: raw }: RunRecord, state: TaskState): TaskStatus["error"] {
  if (state === "cancelled" && raw !== "failed") return cancelled;
  if (reason === null || state === "completed") return null;
  return parseReason(reason);
}

/**
 * Attempts that have begun: those that ended, those whose worker was lost, and the one that runs. What a worker lost before an
 * operator's retry is not forgotten by BullMQ; there cannot have been more than starts.
 */
function attemptsBegun({ state, attemptsMade, attemptsStarted, stalledCounter }: RunRecord): number {
  const known = attemptsMade + stalledCounter + (state === "running" ? 1 : 0);
  return Math.max(attemptsMade, Math.min(known, attemptsStarted));
}

/** JSON that BullMQ wrote; what is none, as a handler's of another version, is told as text. */
function parse(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
