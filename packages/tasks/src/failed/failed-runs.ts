import {
  type FailedFilter,
  type FailedOutcome,
  type FailedPage,
  type FailedSelection,
  failedFilter,
  failedSelection,
  limits,
  momentToMs,
  type TaskStatus,
  TidegateError,
  validate,
} from "@tidegate/contracts";
import type { FailedRun, TaskBook } from "@tidegate/core";
import { statusOf } from "../job/run-status.ts";
import type { Definitions } from "../producer/definitions.ts";
import type { RunVerbs } from "../producer/run-verbs.ts";
import { type Cursor, parseCursor, showCursor } from "./cursor.ts";

/** What is asked of a list of failed runs. */
export interface FailedQuery extends FailedFilter {
  /** Go on here: the `next` of the page before. */
  readonly after?: string;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
}

/** So many runs are looked at in one call when few meet the filter; the answer then says where to go on. */
const mostLooks = 5_000;
const looksAtATime = 200;
const defaultLimit = 100;

/** The failed runs of tasks. */
export class FailedRuns {
  readonly #book: TaskBook;
  readonly #definitions: Definitions;
  readonly #verbs: RunVerbs;

  constructor(book: TaskBook, definitions: Definitions, verbs: RunVerbs) {
    this.#book = book;
    this.#definitions = definitions;
    this.#verbs = verbs;
  }

  /** Newest first. A page may be short, or empty, before the end: `next` says whether it is. @throws INVALID, TASK_NOT_FOUND */
  async list(task: string, query: FailedQuery = {}): Promise<FailedPage> {
    const { after, limit = defaultLimit, ...filter } = query;
    if (!Number.isInteger(limit) || limit < 1 || limit > limits.tasksAtATime)
      throw outside("limit", limits.tasksAtATime);
    const { found, next } = await this.#find(task, validate(failedFilter, filter), {
      after: after === undefined ? null : parseCursor(after),
      limit,
      newest: true,
    });
    return { tasks: found, next: next === null ? null : showCursor(next) };
  }

  /**
   * Carries out failed runs again, those that failed first before others; at most so many at a time as `perSecond` says.
   * @throws INVALID, TASK_NOT_FOUND
   */
  retry(task: string, selection: FailedSelection): Promise<FailedOutcome> {
    return this.#each(task, selection, (id) => this.#verbs.retry(task, id));
  }

  /** Removes failed runs, in the same way. @throws INVALID, TASK_NOT_FOUND */
  remove(task: string, selection: FailedSelection): Promise<FailedOutcome> {
    return this.#each(task, selection, (id) => this.#verbs.remove(task, id));
  }

  async #each(
    task: string,
    given: FailedSelection,
    act: (id: string) => Promise<void>,
  ): Promise<FailedOutcome> {
    const selection = validate(failedSelection, given);
    const { perSecond } = selection;
    const most = Math.min(perSecond ?? limits.tasksAtATime, limits.tasksAtATime);
    const { ids, more } =
      "ids" in selection
        ? await this.#named(task, selection.ids, most)
        : await this.#all(task, selection, most);
    const done = (await inTurn(ids, act)).filter((acted) => acted).length;
    const nextAfterMs = perSecond === undefined ? 0 : Math.ceil((ids.length * 1000) / perSecond);
    return { done, more, nextAfterMs };
  }

  /** Those of the named that have failed: the same request again goes on behind those that it has done. */
  async #named(task: string, ids: readonly string[], most: number) {
    await this.#definitions.find(task);
    const runs = await Promise.all(ids.map((id) => this.#book.runs.read({ task, id })));
    const failed = ids.filter((_, index) => runs[index]!.state === "failed");
    return { ids: failed.slice(0, most), more: failed.length > most };
  }

  async #all(task: string, { from, to, error }: FailedFilter, most: number) {
    const filter: FailedFilter = {};
    if (from !== undefined) filter.from = from;
    // What fails again meanwhile is not taken for what was meant.
    filter.to = to ?? Date.now();
    if (error !== undefined) filter.error = error;
    const { found, next } = await this.#find(task, filter, { after: null, limit: most, newest: false });
    return { ids: found.map(({ id }) => id), more: next !== null };
  }

  async #find(
    task: string,
    { from, to, error }: FailedFilter,
    { after, limit, newest }: { after: Cursor | null; limit: number; newest: boolean },
  ): Promise<{ found: TaskStatus[]; next: Cursor | null }> {
    const { attempts } = await this.#definitions.find(task);
    const range = {
      from: from === undefined ? ("-inf" as const) : momentToMs(from),
      to: after?.at ?? (to === undefined ? ("+inf" as const) : momentToMs(to)),
      newest,
    };
    const found: TaskStatus[] = [];
    let last: Cursor | null = null;
    for (let skip = 0; skip < mostLooks; skip += looksAtATime) {
      const batch = await this.#book.runs.failed(task, { ...range, skip, limit: looksAtATime });
      const fresh = batch.filter((run) => after === null || isBehind(run, after));
      const records = await Promise.all(fresh.map(({ id }) => this.#book.runs.read({ task, id })));
      for (const [index, run] of fresh.entries()) {
        const record = records[index]!;
        last = run;
        // A worker, or another caller, was faster.
        if (record.state !== "failed") continue;
        if (error !== undefined && !record.reason?.includes(error)) continue;
        found.push(statusOf(task, run.id, record, attempts)!);
        if (found.length === limit) {
          const rest = index + 1 < fresh.length || batch.length === looksAtATime;
          return { found, next: rest ? last : null };
        }
      }
      if (batch.length < looksAtATime) return { found, next: null };
    }
    return { found, next: last };
  }
}

/** Newest first, and of one millisecond in the falling order of ids: as Redis has them. */
function isBehind({ id, at }: FailedRun, after: Cursor): boolean {
  return at < after.at || (at === after.at && Buffer.compare(Buffer.from(id), Buffer.from(after.id)) < 0);
}

/** Some at a time. Answers for each whether it was done: what has changed its state meanwhile is left alone. */
async function inTurn(ids: readonly string[], act: (id: string) => Promise<void>): Promise<boolean[]> {
  const done: boolean[] = [];
  for (let at = 0; at < ids.length; at += 50) {
    const some = ids.slice(at, at + 50).map((id) => act(id).then(() => true, ignoreChanged));
    done.push(...(await Promise.all(some)));
  }
  return done;
}

function ignoreChanged(error: unknown): false {
  const { code } = error as TidegateError;
  if (code !== "TASK_STATE" && code !== "NOT_FOUND") throw error;
  return false;
}

function outside(field: string, limit: number): TidegateError {
  return new TidegateError("INVALID", `${field} must be a whole number from 1 to ${limit}`, { field, limit });
}
