import { momentToMs, type TaskOptions } from "@tidegate/contracts";
import type { JobsOptions } from "bullmq";
import type { Keep } from "../define/task-settings.ts";

/**
 * The backoff of every job: workers decide by their definition (`settings.backoffStrategy` of a BullMQ worker), so that what is
 * deployed later holds for runs that were enqueued before.
 */
export const workersBackoff = "tidegate";

/** What of an enqueue's options is kept in the job. `keep` is not: the worker has it; see `keptJobs`. */
export function jobOptions(id: string, attempts: number, options: TaskOptions, now: number): JobsOptions {
  return { jobId: id, ...storedOptions(attempts, options, now) };
}

/** The same without the id, which BullMQ is told beside the options and need not keep in them. */
export function storedOptions(attempts: number, options: TaskOptions, now: number): JobsOptions {
  const delay = options.debounceMs ?? delayOf(options, now);
  const job: JobsOptions = { attempts, backoff: { type: workersBackoff }, stackTraceLimit: 1 };
  if (delay > 0) job.delay = delay;
  if (options.priority !== undefined) job.priority = options.priority;
  if (options.deduplicationId !== undefined)
    job.deduplication = deduplication(options.deduplicationId, options);
  return job;
}

/** How long until a run is due; a moment that has passed means now. */
export function delayOf(options: TaskOptions, now: number): number {
  if (options.runAt === undefined) return options.delayMs ?? 0;
  return Math.max(0, momentToMs(options.runAt) - now);
}

/**
 * Debounce without a time to live: the key lasts as long as the run that it names. With one, it ends by Redis's clock and the
 * delay by the caller's, and what came in between was lost.
 */
function deduplication(id: string, { throttleMs, debounceMs }: TaskOptions) {
  if (throttleMs !== undefined) return { id, ttl: throttleMs };
  if (debounceMs !== undefined) return { id, replace: true, keepLastIfActive: true };
  return { id };
}

/** The options of a BullMQ worker that say which of the ended runs it keeps. */
export function keptJobs(keep: Keep) {
  return {
    removeOnComplete: { age: Math.ceil(keep.completedMs / 1000), count: keep.completedCount },
    removeOnFail: { age: Math.ceil(keep.failedMs / 1000), count: keep.failedCount },
  };
}

/** What the job of a run says of it that others have waited for. */
export type FlowOptions = JobsOptions & {
  /** It has children: a cancel leaves it where it is, for its worker to end. */
  readonly waits?: boolean;
};
