import { TidegateError } from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { JobSchedulerTemplateOptions, Queue, RepeatOptions } from "bullmq";
import { isBullError } from "../job/bull-error.ts";
import { idOfScheduled } from "../job/job-id.ts";
import { nextOfCron } from "./cron.ts";
import { repeatOf, type ScheduleEntry } from "./schedule-entry.ts";

/** What a schedule makes of each of its times. */
export interface JobTemplate {
  readonly data: object;
  readonly opts: JobSchedulerTemplateOptions;
}

/** How often what is planned follows what is set, when many set it at once. */
const mostTries = 20;
/** How long, in all, the clock here may be behind another's. */
const mostWaits = 30;
const waitMs = 100;

/**
 * The schedules of one queue: how they are set lies in the book, what is planned next in BullMQ. The book is written first and
 * counts. Whoever has planned looks whether the book still says the same, so that of several at once the last to plan plans what was
 * set last; and who dies in between is put right by the next who sets the schedule, or by `reconcile`.
 */
export class QueueSchedules {
  readonly #queue: Queue;
  readonly #task: string;
  readonly #book: TaskBook;
  readonly #template: (entry: ScheduleEntry) => JobTemplate;

  constructor(queue: Queue, task: string, book: TaskBook, template: (entry: ScheduleEntry) => JobTemplate) {
    this.#queue = queue;
    this.#task = task;
    this.#book = book;
    this.#template = template;
  }

  async read(id: string): Promise<ScheduleEntry | null> {
    const text = await this.#book.schedules.read(this.#task, id);
    return text === null ? null : (JSON.parse(text) as ScheduleEntry);
  }

  async readAll(): Promise<Map<string, ScheduleEntry>> {
    const texts = await this.#book.schedules.readAll(this.#task);
    return new Map([...texts].map(([id, text]) => [id, JSON.parse(text) as ScheduleEntry]));
  }

  /** Changes what is set, and plans by it. The change may be asked for again; null removes. Answers what was before. */
  async change(
    id: string,
    change: (entry: ScheduleEntry | null) => Promise<ScheduleEntry | null> | ScheduleEntry | null,
  ): Promise<ScheduleEntry | null> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const before = await this.#book.schedules.read(this.#task, id);
      const former = before === null ? null : (JSON.parse(before) as ScheduleEntry);
      const entry = await change(former);
      const after = entry === null ? null : JSON.stringify(entry);
      const same = after === before;
      if (same || (await this.#book.schedules.change(this.#task, id, before, after))) {
        if (!same || !(await this.#isPlanned(id, entry))) await this.#follow(id, after);
        return former;
      }
    }
    throw new TidegateError("OVERLOADED", "The schedule is changed by too many at once", {
      retryAfterMs: 100,
    });
  }

  /** Plans what is set and not planned, and plans no more what is not set. */
  async reconcile(): Promise<void> {
    const entries = await this.readAll();
    const planned = await this.#book.answer(this.#queue.getJobSchedulers(0, -1, true));
    const ids = new Set([...entries.keys(), ...planned.map(({ key }) => key)]);
    for (const id of ids) {
      const entry = await this.read(id);
      if (!(await this.#isPlanned(id, entry)))
        await this.#follow(id, entry === null ? null : JSON.stringify(entry));
    }
  }

  /** When it is next due; null while it is paused and when it is over. */
  async nextRunAt(id: string, entry: ScheduleEntry): Promise<number | null> {
    if (entry.paused) return null;
    const planned = await this.#book.answer(this.#queue.getJobScheduler(id));
    if (planned?.next == null) return null;
    const run = { task: this.#task, id: idOfScheduled(id, planned.next) };
    const { state } = await this.#book.runs.read(run);
    if (state === "delayed" || state === "waiting") return planned.next;
    // A worker has just begun it, and plans the next one; or there is none.
    const following = this.#after(entry, planned.next, planned.iterationCount ?? 1);
    return state === "running" && following !== null && following > Date.now() ? following : null;
  }

  /** How often it has come, by what BullMQ counts; what is planned has not. */
  async timesRun(id: string): Promise<number> {
    const planned = await this.#book.answer(this.#queue.getJobScheduler(id));
    return planned === undefined ? 0 : Math.max(0, (planned.iterationCount ?? 1) - 1);
  }

  #after({ when, ran }: ScheduleEntry, last: number, count: number): number | null {
    const { cron, timeZone, everyMs, endAt, limit } = when;
    if (limit !== null && ran + count >= limit) return null;
    const next = cron === null ? last + everyMs! : nextOfCron(cron, timeZone!, last);
    return next === null || (endAt !== null && next > endAt) ? null : next;
  }

  async #follow(id: string, text: string | null): Promise<void> {
    let current = text;
    for (let tries = 0; tries < mostTries; tries += 1) {
      await this.#plan(id, current === null ? null : (JSON.parse(current) as ScheduleEntry));
      const now = await this.#book.schedules.read(this.#task, id);
      if (now === current) return;
      current = now;
    }
  }

  async #plan(id: string, entry: ScheduleEntry | null): Promise<void> {
    const repeat = entry === null || entry.paused ? null : repeatOf(entry, Date.now());
    if (entry === null || repeat === null) {
      await this.#book.answer(this.#queue.removeJobScheduler(id));
      return;
    }
    await this.#upsert(id, repeat, this.#template(entry));
  }

  /**
   * By a clock that is behind another's, the next time is one of which the run is on its way or has ended: BullMQ refuses it until
   * that time has passed here as well.
   */
  async #upsert(id: string, repeat: RepeatOptions, { data, opts }: JobTemplate): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        const job = { name: this.#task, data, opts };
        await this.#book.answer(this.#queue.upsertJobScheduler(id, repeat, job), isBullError);
        return;
      } catch (error) {
        if (!isBullError(error)) throw error;
        const message = "The schedule's next run is there already: the clocks of its processes differ";
        if (tries === mostWaits)
          throw new TidegateError("OVERLOADED", message, { retryAfterMs: 1_000 }, error);
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  /** Whether BullMQ plans by it already: planning again would begin a count, or a period, anew. */
  async #isPlanned(id: string, entry: ScheduleEntry | null): Promise<boolean> {
    const planned = await this.#book.answer(this.#queue.getJobScheduler(id));
    if (entry === null || entry.paused) return planned === undefined;
    // What is over stays over: by its number BullMQ keeps it, by its end it may be gone.
    const repeat = repeatOf(entry, Date.now());
    if (repeat === null) return true;
    if (planned === undefined) return false;
    const { pattern, tz, every, startDate, endDate, limit, template } = planned;
    const wanted = [repeat.pattern, repeat.tz, repeat.every, repeat.startDate, repeat.endDate, repeat.limit];
    const found = [pattern, tz, every, startDate, endDate, limit];
    if (JSON.stringify(wanted) !== JSON.stringify(found)) return false;
    const { data, opts } = this.#template(entry);
    if (JSON.stringify(template?.data ?? {}) !== JSON.stringify(data)) return false;
    return template?.opts?.priority === opts.priority && template?.opts?.attempts === opts.attempts;
  }
}
