import {
  type HttpSchedule,
  type HttpScheduleSettings,
  type HttpTaskTarget,
  httpScheduleSettings,
  httpTaskTarget,
  limits,
  scheduleId,
  TidegateError,
  validate,
} from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { TaskRedis } from "../job/task-redis.ts";
import { Queues } from "../producer/queues.ts";
import { requireCron } from "../schedules/cron.ts";
import { type JobTemplate, QueueSchedules } from "../schedules/queue-schedules.ts";
import { type ScheduleEntry, saysSame, scheduleOfEntry, whenOf } from "../schedules/schedule-entry.ts";

/** The queue whose jobs are the planned times of all schedules of HTTP tasks. */
export const httpScheduleQueue = "tidegate.http-schedules";

/** While Redis takes no messages a planned call is tried again so often, five seconds apart. */
const attempts = 1_000;
const againMs = 5_000;
const failedKeptS = 7 * 24 * 60 * 60;

/** The schedules of HTTP tasks: each enqueues its call again and again. */
export class HttpScheduleBook {
  readonly #book: TaskBook;
  readonly #redis: TaskRedis | null;
  /** Opened on first use: most who enqueue set no schedules. */
  #opened: { readonly queues: Queues; readonly schedules: QueueSchedules } | null = null;

  constructor(book: TaskBook, redis: TaskRedis | null) {
    this.#book = book;
    this.#redis = redis;
  }

  /**
   * Sets a schedule in the place of the one with the same id. Setting the same again changes nothing, so each deployment may;
   * neither does it end a pause. @throws INVALID, MESSAGE_TOO_LARGE
   */
  async put(
    id: string,
    settings: HttpScheduleSettings,
  ): Promise<{ readonly schedule: HttpSchedule; readonly created: boolean }> {
    validate(scheduleId, id, "schedule");
    const { when, call } = validate(httpScheduleSettings, settings);
    if (when.cron !== undefined) requireCron(when.cron, when.timeZone ?? "UTC", "when.");
    requireSize(call);
    const entry: ScheduleEntry = { when: whenOf(when), input: call, priority: null, paused: false, ran: 0 };
    const before = await this.#open.change(id, (former) => {
      if (former === null) return entry;
      return saysSame(former, entry) ? former : { ...entry, paused: former.paused };
    });
    return { schedule: await this.get(id), created: before === null };
  }

  /** @throws SCHEDULE_NOT_FOUND */
  async get(id: string): Promise<HttpSchedule> {
    const entry = await this.#open.read(id);
    if (entry === null) throw unknown();
    return this.#show(id, entry);
  }

  /** All, by id. */
  async list(): Promise<HttpSchedule[]> {
    const entries = [...(await this.#open.readAll())];
    return Promise.all(entries.map(([id, entry]) => this.#show(id, entry)));
  }

  /** Nothing comes of it until `resume`. Safe to repeat. @throws SCHEDULE_NOT_FOUND */
  async pause(id: string): Promise<void> {
    const schedules = this.#open;
    await schedules.change(id, async (entry) => {
      if (entry === null) throw unknown();
      return entry.paused
        ? entry
        : { ...entry, paused: true, ran: entry.ran + (await schedules.timesRun(id)) };
    });
  }

  /** It comes again, at its next time; what it missed is not made up for. @throws SCHEDULE_NOT_FOUND */
  async resume(id: string): Promise<void> {
    await this.#open.change(id, (entry) => {
      if (entry === null) throw unknown();
      return { ...entry, paused: false };
    });
  }

  /** @throws SCHEDULE_NOT_FOUND */
  async delete(id: string): Promise<void> {
    if ((await this.#open.change(id, () => null)) === null) throw unknown();
  }

  /** Puts right what was left by processes that died while they set schedules. */
  async reconcile(): Promise<void> {
    await this.#open.reconcile();
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.queues.close();
  }

  async #show(id: string, entry: ScheduleEntry): Promise<HttpSchedule> {
    const {
      input,
      priority: _,
      ...shown
    } = scheduleOfEntry(id, entry, await this.#open.nextRunAt(id, entry));
    return { ...shown, call: input as HttpTaskTarget };
  }

  get #open(): QueueSchedules {
    if (this.#redis === null)
      throw new TidegateError("NOT_SUPPORTED", "Schedules need the connection to Redis", { field: "redis" });
    if (this.#opened === null) {
      const queues = new Queues(this.#redis, this.#book);
      const queue = queues.of(httpScheduleQueue);
      const schedules = new QueueSchedules(queue, httpScheduleQueue, this.#book, templateOf);
      this.#opened = { queues, schedules };
    }
    return this.#opened.schedules;
  }
}

/** What a job of the queue asks to call. @throws INVALID */
export function callOf(data: unknown): HttpTaskTarget {
  return validate(httpTaskTarget, (data as { call?: unknown } | null)?.call, "call");
}

function templateOf({ input }: ScheduleEntry): JobTemplate {
  return {
    data: { call: input },
    opts: {
      attempts,
      backoff: { type: "fixed", delay: againMs },
      removeOnComplete: true,
      removeOnFail: { age: failedKeptS, count: 1_000 },
      stackTraceLimit: 1,
    },
  };
}

function requireSize(call: HttpTaskTarget): void {
  if (Buffer.byteLength(JSON.stringify(call)) <= limits.taskInputBytes) return;
  throw new TidegateError(
    "MESSAGE_TOO_LARGE",
    `call may have at most ${limits.taskInputBytes} bytes as JSON`,
    {
      field: "call.body",
      limit: limits.taskInputBytes,
    },
  );
}

function unknown(): TidegateError {
  return new TidegateError("SCHEDULE_NOT_FOUND");
}
