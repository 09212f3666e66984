import * as z from "zod";
import { limits } from "./limits.ts";
import { moment, momentToMs, positiveNumber } from "./primitives.ts";

/** When something happens again and again: by a cron expression in a time zone, or every so many ms. */
const recurrence = {
  /** Five fields, or six with seconds in front; `@hourly` and its like. */
  cron: z.string().min(1).max(limits.cronLength).exactOptional(),
  /** An IANA name such as `Europe/Berlin`, whose daylight saving the expression follows. Default `UTC`. */
  timeZone: z.string().min(1).max(100).exactOptional(),
  everyMs: z.int().min(limits.everyMsMin).max(limits.taskDelayMs).exactOptional(),
  startAt: moment.exactOptional(),
  endAt: moment.exactOptional(),
  /** How many times in all. */
  limit: positiveNumber(1_000_000_000).exactOptional(),
};

/** Either `cron` or `everyMs`. Whether an expression and a time zone mean something only their library knows. */
export const recurrenceSettings = z.strictObject(recurrence).superRefine(requireOne);
export type Recurrence = z.infer<typeof recurrenceSettings>;

/** Body of `PUT /v1/tasks/{name}/schedules/{schedule}`. */
export const taskScheduleSettings = z
  .strictObject({
    ...recurrence,
    input: z.unknown(),
    priority: positiveNumber(limits.taskPriority).exactOptional(),
  })
  .superRefine(requireOne);
export type TaskScheduleSettings = z.infer<typeof taskScheduleSettings>;

function requireOne(settings: Recurrence, context: z.core.$RefinementCtx): void {
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: "custom", path: [field], message });
  const { cron, everyMs, timeZone } = settings;
  for (const field of ["startAt", "endAt"] as const) {
    const at = settings[field];
    if (at !== undefined && momentToMs(at) > limits.scheduleAt)
      context.addIssue({
        code: "custom",
        path: [field],
        message: "lies too far ahead",
        params: { limit: limits.scheduleAt },
      });
  }
  if (cron === undefined && everyMs === undefined) refuse("cron", "is missing, and so is everyMs");
  if (cron !== undefined && everyMs !== undefined) refuse("everyMs", "excludes cron");
  if (cron === undefined && timeZone !== undefined) refuse("timeZone", "means nothing without cron");
}

/** A schedule as it stands. */
export const schedule = z.object({
  id: z.string(),
  cron: z.string().nullable(),
  timeZone: z.string().nullable(),
  everyMs: z.int().nullable(),
  startAt: z.int().nullable(),
  endAt: z.int().nullable(),
  limit: z.int().nullable(),
  paused: z.boolean(),
  /** When it is next due, in ms since 1970; null while it is paused and when it is over. */
  nextRunAt: z.int().nullable(),
});
export type Schedule = z.infer<typeof schedule>;

export const taskSchedule = schedule.extend({ input: z.unknown(), priority: z.int().nullable() });
export type TaskSchedule = z.infer<typeof taskSchedule>;

/** Answer of `GET …/schedules`, by id. */
export const taskScheduleList = z.object({ schedules: z.array(taskSchedule) });
export type TaskScheduleList = z.infer<typeof taskScheduleList>;
