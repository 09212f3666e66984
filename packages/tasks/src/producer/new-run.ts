import { enqueueOptions, limits, type TaskOptions, TidegateError, validate } from "@tidegate/contracts";
import type { TraceContext } from "@tidegate/tracing";
import type { JobJson, JobsOptions } from "bullmq";
import type { JobData } from "../job/job-data.ts";
import { newRunId } from "../job/job-id.ts";
import { storedOptions } from "../job/job-options.ts";
import { jobText } from "../job/job-text.ts";
import { type Place, pathOf } from "../job/place.ts";
import type { KnownTask } from "./known-task.ts";

/** A run that is ready to be added. */
export interface NewRun {
  readonly task: string;
  readonly id: string;
  readonly job: JobJson;
  /** JSON of its options when nothing holds it back: it is neither delayed nor prioritised, and has no deduplication id. */
  readonly plain: string | null;
  /** What the job's options say of who added it, when the caller chose the id: another's run says something else. */
  readonly by: string | null;
  /** Whether the last of several counts. */
  readonly debounced: boolean;
}

/** BullMQ's options, and who has added the job. */
type OwnOptions = JobsOptions & { by?: string };

/**
 * Checks input and options, and makes a run of them; later where the schema needs time.
 * @param place stands before `input` and the options in the fields of errors; a number for `tasks[3].`
 * @param trace the one that it is enqueued in
 * @throws INVALID, MESSAGE_TOO_LARGE
 */
export function newRun(
  task: KnownTask,
  input: unknown,
  given: TaskOptions | undefined,
  place: Place,
  trace: TraceContext | null,
): NewRun | Promise<NewRun> {
  const options = given === undefined || isEmpty(given) ? none : checkOptions(given, place);
  const checked = task.check(input, place);
  if (checked === undefined) return makeRun(task, input, options, place, trace);
  return checked.then(() => makeRun(task, input, options, place, trace));
}

const none: TaskOptions = {};

function isEmpty(options: object): boolean {
  for (const _ in options) return false;
  return typeof options === "object";
}

function checkOptions(options: TaskOptions, place: Place): TaskOptions {
  return validate(enqueueOptions, options, pathOf(place).replace(/\.$/, ""));
}

function makeRun(
  task: KnownTask,
  input: unknown,
  options: TaskOptions,
  place: Place,
  trace: TraceContext | null,
): NewRun {
  if (options === none) return makeUsual(task, input, place, trace);
  const id = options.id ?? newRunId();
  const now = Date.now();
  const opts: OwnOptions = storedOptions(task.attempts, options, now);
  if (options.runAt !== undefined && (opts.delay ?? 0) > limits.taskDelayMs) throw tooFar(place);
  const by = options.id === undefined ? null : newRunId();
  if (by !== null) opts.by = by;
  const data = jobText(dataOf(input, options, trace), place);
  const job = { id, name: task.name, data, opts, timestamp: now } as JobJson;
  if (options.deduplicationId !== undefined) job.deduplicationId = options.deduplicationId;
  const held =
    opts.delay !== undefined || opts.priority !== undefined || options.deduplicationId !== undefined;
  const plain = held ? null : JSON.stringify(opts);
  return { task: task.name, id, job, plain, by, debounced: options.debounceMs !== undefined };
}

/** A run without options: those of all such runs are the same. */
function makeUsual(
  { name, attempts }: KnownTask,
  input: unknown,
  place: Place,
  trace: TraceContext | null,
): NewRun {
  let usual = usualOptions.get(attempts);
  if (usual === undefined) {
    const opts = storedOptions(attempts, none, 0);
    usual = { opts, plain: JSON.stringify(opts) };
    usualOptions.set(attempts, usual);
  }
  const id = newRunId();
  const job = {
    id,
    name,
    data: jobText(trace === null ? { input } : { input, trace }, place),
    opts: usual.opts,
    timestamp: Date.now(),
  } as JobJson;
  return { task: name, id, job, plain: usual.plain, by: null, debounced: false };
}

/** By the number of attempts, of which there are at most a thousand. */
const usualOptions = new Map<number, { readonly opts: JobsOptions; readonly plain: string }>();

function tooFar(place: Place): TidegateError {
  const field = `${pathOf(place)}runAt`;
  return new TidegateError("INVALID", `${field} lies more than a hundred years ahead`, {
    field,
    limit: limits.taskDelayMs,
  });
}

/** What lies in the job. */
function dataOf(
  input: unknown,
  { callbackUrl, failureCallbackUrl }: TaskOptions,
  trace: TraceContext | null,
): JobData {
  const data: { -readonly [Key in keyof JobData]: JobData[Key] } = { input };
  if (callbackUrl !== undefined) data.callbackUrl = callbackUrl;
  if (failureCallbackUrl !== undefined) data.failureCallbackUrl = failureCallbackUrl;
  if (trace !== null) data.trace = trace;
  return data;
}

/** Refuses more runs than one call takes. */
export function requireCount(field: string, count: number, most: number): void {
  if (count >= 1 && count <= most) return;
  const limit = count < 1 ? 1 : most;
  throw new TidegateError("INVALID", `${field} must name 1 to ${most}`, { field, limit });
}

/** Refuses runs that carry more than one call takes. @throws REQUEST_TOO_LARGE */
export function requireBytes(field: string, runs: Iterable<NewRun>): void {
  const limit = limits.tasksBytes;
  let left = limit;
  for (const { job } of runs) left -= job.data.length;
  if (left >= 0) return;
  throw new TidegateError("REQUEST_TOO_LARGE", `${field} carry over ${limit} bytes`, { field, limit });
}
