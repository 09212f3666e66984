import {
  scheduleId,
  type TaskSchedule,
  type TaskScheduleSettings,
  TidegateError,
  taskScheduleSettings,
  validate,
} from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { JobSchedulerTemplateOptions } from "bullmq";
import { workersBackoff } from "../job/job-options.ts";
import { jobText } from "../job/job-text.ts";
import type { Definitions } from "../producer/definitions.ts";
import type { KnownTask } from "../producer/known-task.ts";
import type { Queues } from "../producer/queues.ts";
import { requireCron } from "./cron.ts";
import { type JobTemplate, QueueSchedules } from "./queue-schedules.ts";
import { entryOf, type ScheduleEntry, saysSame, scheduleOfEntry } from "./schedule-entry.ts";

/** The schedules of tasks: each enqueues a run of its task again and again. A worker of the task carries them on. */
export class TaskSchedules {
  readonly #queues: Queues;
  readonly #book: TaskBook;
  readonly #definitions: Definitions;

  constructor(queues: Queues, book: TaskBook, definitions: Definitions) {
    this.#queues = queues;
    this.#book = book;
    this.#definitions = definitions;
  }

  /**
   * Sets a schedule in the place of the one with the same id. Setting the same again changes nothing, so each deployment may;
   * neither does it end a pause. Other settings count `limit` anew.
   * @throws INVALID, MESSAGE_TOO_LARGE, TASK_NOT_FOUND
   */
  async put(
    task: string,
    id: string,
    settings: TaskScheduleSettings,
  ): Promise<{ readonly schedule: TaskSchedule; readonly created: boolean }> {
    const known = await this.#definitions.find(task);
    validate(scheduleId, id, "schedule");
    const wanted = validate(taskScheduleSettings, settings);
    await known.check(wanted.input, "");
    jobText({ input: wanted.input }, "");
    if (wanted.cron !== undefined) requireCron(wanted.cron, wanted.timeZone ?? "UTC", "");
    const entry = entryOf(wanted);
    const schedules = this.#of(known);
    const before = await schedules.change(id, (former) => {
      if (former === null) return entry;
      return saysSame(former, entry) ? former : { ...entry, paused: former.paused };
    });
    return { schedule: await this.get(task, id), created: before === null };
  }

  /** @throws SCHEDULE_NOT_FOUND, TASK_NOT_FOUND */
  async get(task: string, id: string): Promise<TaskSchedule> {
    const schedules = this.#of(await this.#definitions.find(task));
    const entry = await schedules.read(id);
    if (entry === null) throw unknown();
    return scheduleOfEntry(id, entry, await schedules.nextRunAt(id, entry));
  }

  /** All of a task, by id. @throws TASK_NOT_FOUND */
  async list(task: string): Promise<TaskSchedule[]> {
    const schedules = this.#of(await this.#definitions.find(task));
    const entries = [...(await schedules.readAll())];
    return Promise.all(
      entries.map(async ([id, entry]) => scheduleOfEntry(id, entry, await schedules.nextRunAt(id, entry))),
    );
  }

  /** Nothing comes of it until `resume`. Safe to repeat. @throws SCHEDULE_NOT_FOUND, TASK_NOT_FOUND */
  async pause(task: string, id: string): Promise<void> {
    const schedules = this.#of(await this.#definitions.find(task));
    await schedules.change(id, async (entry) => {
      if (entry === null) throw unknown();
      return entry.paused
        ? entry
        : { ...entry, paused: true, ran: entry.ran + (await schedules.timesRun(id)) };
    });
  }

  /** It comes again, at its next time; what it missed is not made up for. @throws SCHEDULE_NOT_FOUND, TASK_NOT_FOUND */
  async resume(task: string, id: string): Promise<void> {
    const schedules = this.#of(await this.#definitions.find(task));
    await schedules.change(id, (entry) => {
      if (entry === null) throw unknown();
      return { ...entry, paused: false };
    });
  }

  /** @throws SCHEDULE_NOT_FOUND, TASK_NOT_FOUND */
  async delete(task: string, id: string): Promise<void> {
    const schedules = this.#of(await this.#definitions.find(task));
    const before = await schedules.change(id, () => null);
    if (before === null) throw unknown();
  }

  /** Puts right what was left by processes that died while they set schedules. */
  async reconcile(task: string): Promise<void> {
    await this.#of(await this.#definitions.find(task)).reconcile();
  }

  #of(task: KnownTask): QueueSchedules {
    const template = (entry: ScheduleEntry) => templateOf(entry, task.attempts);
    return new QueueSchedules(this.#queues.of(task.name), task.name, this.#book, template);
  }
}

function templateOf({ input, priority }: ScheduleEntry, attempts: number): JobTemplate {
  const opts: JobSchedulerTemplateOptions = {
    attempts,
    backoff: { type: workersBackoff },
    stackTraceLimit: 1,
  };
  if (priority !== null) opts.priority = priority;
  return { data: { input }, opts };
}

function unknown(): TidegateError {
  return new TidegateError("SCHEDULE_NOT_FOUND");
}
