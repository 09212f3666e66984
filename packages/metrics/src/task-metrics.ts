import { Counter, Histogram, type Registry } from "prom-client";
import { durationBuckets } from "./messaging.ts";

/** What is read of an event; those of a worker of tasks (`TaskEvent`) are such. */
export interface TaskHappening {
  readonly type: string;
  readonly task?: string;
  readonly becomes?: string;
  readonly ms?: number;
}

/** What is read of an event; those of a scheduler of HTTP tasks (`SchedulerEvent`) are such. */
export interface ScheduleHappening {
  readonly type: string;
}

/** What the events of an attempt are told as. */
const outcomes: Readonly<Record<string, string>> = {
  completed: "completed",
  cancelled: "cancelled",
  released: "released",
  lost: "lost",
  stalled: "stalled",
};

/** Counts attempts of tasks in this process. */
export function taskMetrics(registry: Registry): (event: TaskHappening) => void {
  const registers = [registry];
  const attempts = new Counter({
    name: "tidegate_task_attempts_total",
    help: "Attempts of runs that ended in this process: completed, retry, failed, cancelled, released, lost, stalled.",
    labelNames: ["task", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "tidegate_task_run_duration_seconds",
    help: "How long the last attempt of completed runs took.",
    labelNames: ["task"],
    buckets: durationBuckets,
    registers,
  });
  return ({ type, task, becomes, ms }) => {
    const outcome = type === "failed" ? becomes : outcomes[type];
    if (task === undefined || outcome === undefined) return;
    attempts.inc({ task, outcome });
    if (type === "completed" && ms !== undefined) durations.observe({ task }, ms / 1_000);
  };
}

/** Counts the times of schedules that this process carried out. */
export function scheduleMetrics(registry: Registry): (event: ScheduleHappening) => void {
  const calls = new Counter({
    name: "tidegate_scheduled_calls_total",
    help: "Times of schedules of HTTP tasks that this process carried out, by outcome.",
    labelNames: ["outcome"],
    registers: [registry],
  });
  for (const outcome of ["enqueued", "lost"]) calls.inc({ outcome }, 0);
  return ({ type }) => {
    if (type === "planned") calls.inc({ outcome: "enqueued" });
    else if (type === "lost") calls.inc({ outcome: "lost" });
  };
}
