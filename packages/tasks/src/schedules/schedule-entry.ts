import {
  momentToMs,
  type Recurrence,
  type TaskSchedule,
  type TaskScheduleSettings,
} from "@tidegate/contracts";
import type { RepeatOptions } from "bullmq";

/** A schedule as it was set. BullMQ has no pause of one, nor does it keep how often one has come when it is removed. */
export interface ScheduleEntry {
  readonly when: When;
  readonly input: unknown;
  readonly priority: number | null;
  readonly paused: boolean;
  /** How often it had come when it was last paused. */
  readonly ran: number;
}

/** When it comes, all said. */
export interface When {
  readonly cron: string | null;
  readonly timeZone: string | null;
  readonly everyMs: number | null;
  readonly startAt: number | null;
  readonly endAt: number | null;
  readonly limit: number | null;
}

export function whenOf({ cron, timeZone, everyMs, startAt, endAt, limit }: Recurrence): When {
  return {
    cron: cron ?? null,
    timeZone: cron === undefined ? null : (timeZone ?? "UTC"),
    everyMs: everyMs ?? null,
    startAt: startAt === undefined ? null : momentToMs(startAt),
    endAt: endAt === undefined ? null : momentToMs(endAt),
    limit: limit ?? null,
  };
}

export function entryOf(settings: TaskScheduleSettings): ScheduleEntry {
  const { input, priority } = settings;
  return { when: whenOf(settings), input, priority: priority ?? null, paused: false, ran: 0 };
}

/** Whether two say the same of when and what; not whether one is paused. */
export function saysSame(a: ScheduleEntry, b: ScheduleEntry): boolean {
  const said = ({ when, input, priority }: ScheduleEntry) => JSON.stringify([when, input, priority]);
  return said(a) === said(b);
}

/** As BullMQ wants it; null when it never comes again, by its end or by its number. */
export function repeatOf({ when, ran }: ScheduleEntry, now: number): RepeatOptions | null {
  const { cron, timeZone, everyMs, startAt, endAt, limit } = when;
  if (endAt !== null && endAt <= now) return null;
  if (limit !== null && ran >= limit) return null;
  const repeat: RepeatOptions = cron === null ? { every: everyMs! } : { pattern: cron, tz: timeZone! };
  if (startAt !== null) repeat.startDate = startAt;
  if (endAt !== null) repeat.endDate = endAt;
  if (limit !== null) repeat.limit = limit - ran;
  return repeat;
}

/** What is told of it. */
export function scheduleOfEntry(id: string, entry: ScheduleEntry, nextRunAt: number | null): TaskSchedule {
  const { when, input, priority, paused } = entry;
  return { id, ...when, paused, nextRunAt, input: input ?? null, priority };
}
