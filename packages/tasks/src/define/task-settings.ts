import { defaults, limits, taskName, validate } from "@tidegate/contracts";
import * as z from "zod";

const milliseconds = (most: number) => z.int().min(1).max(most);
const pause = z.int().min(0).max(limits.backoffMs);
const jitter = z.number().min(0).max(1).default(0);

/** So long after an attempt has failed: the same each time, doubled each time, or as a function says. */
const backoff = z.union([
  z.strictObject({ type: z.literal("fixed"), delayMs: pause, jitter }),
  z.strictObject({
    type: z.literal("exponential"),
    delayMs: pause,
    maxMs: pause.default(limits.backoffMs),
    jitter,
  }),
  z.custom<CustomBackoff>((value) => typeof value === "function", {
    error: "must be fixed, exponential or a function",
  }),
]);

/** The pause after an attempt that failed, in ms. `attempt` is the number of the one that failed, from 1. */
export type CustomBackoff = (attempt: number, error: Error) => number;

const retry = z.strictObject({
  /** How often a run is tried in all. */
  attempts: z.int().min(1).max(limits.taskAttempts).default(defaults.taskAttempts),
  backoff: backoff.prefault({ type: "exponential", delayMs: defaults.taskBackoffMs }),
});

/** How long and how many of the runs that have ended are kept: what is over either goes, at the next end of a run. */
const keep = z.strictObject({
  completedMs: z.int().min(0).max(limits.taskDelayMs).default(defaults.taskCompletedMs),
  completedCount: z.int().min(0).max(10_000_000).default(defaults.taskCompletedCount),
  failedMs: z.int().min(0).max(limits.taskDelayMs).default(defaults.taskFailedMs),
  failedCount: z.int().min(0).max(10_000_000).default(defaults.taskFailedCount),
});

const settings = z.strictObject({
  name: taskName,
  retry: retry.prefault({}),
  timeoutMs: milliseconds(limits.taskTimeoutMs).default(defaults.taskTimeoutMs),
  concurrency: z.int().min(1).max(10_000).default(defaults.taskConcurrency),
  totalConcurrency: z.int().min(1).max(limits.concurrency).nullable().default(null),
  rate: z
    .strictObject({
      limit: z.int().min(1).max(limits.rate),
      intervalMs: milliseconds(limits.rateIntervalMs),
    })
    .nullable()
    .default(null),
  keep: keep.prefault({}),
});

/** How a task is carried out, all defaults filled in. */
export type TaskSettings = z.output<typeof settings>;
/** What may be said of it. */
export type TaskSettingsInput = z.input<typeof settings>;
export type Backoff = TaskSettings["retry"]["backoff"];
export type Keep = TaskSettings["keep"];

/** Fills in defaults. @throws INVALID with the field */
export function readSettings(input: TaskSettingsInput): TaskSettings {
  return validate(settings, input);
}
