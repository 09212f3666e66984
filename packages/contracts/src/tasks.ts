import * as z from "zod";
import { limits } from "./limits.ts";
import { moment, positiveNumber, wholeNumber } from "./primitives.ts";
import { callbackUrl, runId, taskId, taskName } from "./task-primitives.ts";
import { taskStates } from "./task-state.ts";

/**
 * How a run is enqueued, besides its input. `delayMs` and `runAt` exclude each other. Of runs with one `deduplicationId` there is one at a
 * time: alone until the first has ended; with `throttleMs` the first of that time counts; with `debounceMs` the last one, so long after
 * it came.
 */
export const taskOptions = z.strictObject({
  /** The same id again is the same run: nothing is enqueued twice. Default: random. */
  id: taskId.exactOptional(),
  delayMs: wholeNumber(limits.taskDelayMs).exactOptional(),
  /** A moment that has passed means now. */
  runAt: moment.exactOptional(),
  /** 1 goes first; runs without a priority go before all that have one. */
  priority: positiveNumber(limits.taskPriority).exactOptional(),
  deduplicationId: z.string().min(1).max(limits.deduplicationIdLength).exactOptional(),
  throttleMs: positiveNumber(limits.taskDelayMs).exactOptional(),
  debounceMs: positiveNumber(limits.taskDelayMs).exactOptional(),
  /** Gets the outcome by a signed POST when the run has completed; `failureCallbackUrl` when it has failed. */
  callbackUrl: callbackUrl.exactOptional(),
  failureCallbackUrl: callbackUrl.exactOptional(),
});
export type TaskOptions = z.infer<typeof taskOptions>;

function exclude(options: TaskOptions, context: z.core.$RefinementCtx): void {
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: "custom", path: [field], message });
  if (options.delayMs !== undefined && options.runAt !== undefined) refuse("runAt", "excludes delayMs");
  if (options.throttleMs !== undefined && options.debounceMs !== undefined)
    refuse("debounceMs", "excludes throttleMs");
  for (const field of ["throttleMs", "debounceMs"] as const) {
    if (options[field] !== undefined && options.deduplicationId === undefined)
      refuse(field, "needs a deduplicationId");
  }
  if (options.debounceMs !== undefined && (options.delayMs !== undefined || options.runAt !== undefined))
    refuse("debounceMs", "excludes delayMs and runAt");
}

/** The options alone, as an SDK takes them beside the input. */
export const enqueueOptions = taskOptions.superRefine(exclude);

const enqueueShape = taskOptions.extend({
  /** Any JSON value that the task takes. */
  input: z.unknown(),
});

/** Body of `POST /v1/tasks/{name}`. */
export const enqueueRequest = enqueueShape.superRefine(exclude);
export type EnqueueRequest = z.infer<typeof enqueueRequest>;

/** Body of `POST /v1/tasks/{name}/batch`: all of them are enqueued, or none. */
export const enqueueBatchRequest = z.strictObject({
  tasks: z.array(enqueueRequest).min(1).max(limits.tasksAtATime),
});
export type EnqueueBatchRequest = z.infer<typeof enqueueBatchRequest>;

/** Answer of `POST /v1/tasks/{name}`: the run, which another request has enqueued when it is a `duplicate`. */
export const enqueued = z.object({ id: z.string(), duplicate: z.literal(true).exactOptional() });
export type Enqueued = z.infer<typeof enqueued>;

export const enqueuedBatch = z.object({ tasks: z.array(enqueued) });
export type EnqueuedBatch = z.infer<typeof enqueuedBatch>;

/** A run with those that it waits for. */
export interface TaskFlow extends Omit<TaskOptions, "deduplicationId" | "throttleMs" | "debounceMs"> {
  task: string;
  input: unknown;
  /** What becomes of the parent when this one fails: `fail` (default) with it, or `ignore`. */
  onFailure?: "fail" | "ignore";
  children?: TaskFlow[];
}

/** Body of `POST /v1/task-flows`: a tree of runs, each of which starts when its children have ended. */
export const taskFlow: z.ZodType<TaskFlow> = taskOptions
  .omit({ deduplicationId: true, throttleMs: true, debounceMs: true })
  .extend({
    task: taskName,
    input: z.unknown(),
    onFailure: z.enum(["fail", "ignore"]).exactOptional(),
    get children() {
      return z.array(taskFlow).max(limits.tasksAtATime).exactOptional();
    },
  })
  .superRefine(exclude);

/** Answer of `POST /v1/task-flows`, in the shape of what was asked for. */
export interface EnqueuedFlow {
  task: string;
  id: string;
  children: EnqueuedFlow[];
}
export const enqueuedFlow: z.ZodType<EnqueuedFlow> = z.object({
  task: z.string(),
  id: z.string(),
  get children() {
    return z.array(enqueuedFlow);
  },
});

/** Why a run, or an attempt of it, came to nothing. */
export const taskError = z.object({
  message: z.string(),
  /** `TIMEOUT`, `OUTPUT_INVALID`, `INPUT_INVALID`, `CANCELLED`, `WORKER_LOST`, `CHILD_FAILED`, or the error's own name. */
  name: z.string(),
});
export type TaskError = z.infer<typeof taskError>;

/** Answer of `GET /v1/tasks/{name}/{id}`, and the data of each `state` event of `…/events`. Times in ms since 1970. */
export const taskStatus = z.object({
  task: z.string(),
  id: z.string(),
  state: z.enum(taskStates),
  /** What the handler said last of how far it is: any JSON value; null before. */
  progress: z.unknown(),
  /** Attempts that have begun. */
  attempts: z.int(),
  maxAttempts: z.int(),
  /** What the handler returned; null unless completed. */
  output: z.unknown(),
  /** Of the last attempt that failed; null after a success. */
  error: taskError.nullable(),
  priority: z.int().nullable(),
  /** The schedule that made it. */
  schedule: z.string().nullable(),
  enqueuedAt: z.int(),
  /** When it is due, while it is delayed. */
  runAt: z.int().nullable(),
  /** When the last attempt began. */
  startedAt: z.int().nullable(),
  finishedAt: z.int().nullable(),
});
export type TaskStatus = z.infer<typeof taskStatus>;

/** Answer of `GET /v1/tasks/{name}/{id}/logs`: what the handler noted, the oldest line first. */
export const taskLogs = z.object({ lines: z.array(z.string()), total: z.int() });
export type TaskLogs = z.infer<typeof taskLogs>;

/** Runs by state. */
export const taskCounts = z.object({
  delayed: z.int(),
  waiting: z.int(),
  "waiting-children": z.int(),
  running: z.int(),
  completed: z.int(),
  failed: z.int(),
});
export type TaskCounts = z.infer<typeof taskCounts>;

/** A task as its workers have made it known, with how many runs stand where. */
export const taskDescription = z.object({
  name: z.string(),
  /** JSON Schema of the input. */
  inputSchema: z.unknown(),
  attempts: z.int(),
  timeoutMs: z.int(),
  paused: z.boolean(),
  counts: taskCounts,
});
export type TaskDescription = z.infer<typeof taskDescription>;

/** Answer of `GET /v1/tasks`. */
export const taskList = z.object({ tasks: z.array(z.object({ name: z.string() })) });
export type TaskList = z.infer<typeof taskList>;

/** A state in which runs stand in a list. Those that were cancelled stand where they stood, or are gone. */
export const runState = z.enum(["delayed", "waiting", "waiting-children", "running", "completed", "failed"]);
export type RunState = z.infer<typeof runState>;

/** Answer of `GET /v1/tasks/{name}/runs`: `next` is the place at which to go on, null at the end. */
export const runPage = z.object({ tasks: z.array(taskStatus), next: z.int().nullable() });
export type RunPage = z.infer<typeof runPage>;

/** Which failed runs are meant: those that ended between two moments, with a text in their error. */
export const failedFilter = z.strictObject({
  from: moment.exactOptional(),
  to: moment.exactOptional(),
  error: z.string().min(1).max(200).exactOptional(),
});
export type FailedFilter = z.infer<typeof failedFilter>;

/** Body of `POST /v1/tasks/{name}/failed/retry` and `/remove`: named runs, or all that the filter meets. */
export const failedSelection = z.union([
  z.strictObject({
    ids: z.array(runId).min(1).max(limits.tasksAtATime),
    perSecond: positiveNumber(limits.retryPerSecond).exactOptional(),
  }),
  failedFilter.extend({
    all: z.literal(true),
    perSecond: positiveNumber(limits.retryPerSecond).exactOptional(),
  }),
]);
export type FailedSelection = z.infer<typeof failedSelection>;

/** Answer of both: how many were done; with `more`, the same request after so long does the next. */
export const failedOutcome = z.object({
  done: z.int(),
  more: z.boolean(),
  nextAfterMs: z.int(),
});
export type FailedOutcome = z.infer<typeof failedOutcome>;

/** Answer of `GET /v1/tasks/{name}/failed`: newest first; `next` goes on where it ends, null at the end. */
export const failedPage = z.object({ tasks: z.array(taskStatus), next: z.string().nullable() });
export type FailedPage = z.infer<typeof failedPage>;
