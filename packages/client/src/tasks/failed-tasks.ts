import type { FailedOutcome, FailedPage, FailedSelection } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "../http.ts";
import { nameOf, type TaskLike } from "./task-like.ts";

/** Which failed runs are listed. */
export interface FailedQuery {
  /** Those that ended then or later. */
  from?: number | string;
  /** Those that ended then or earlier. */
  to?: number | string;
  /** Those whose error has this text in it. */
  error?: string;
  /** Go on behind the page before: its `next`. */
  after?: string;
  limit?: number;
}

/** The failed runs of tasks. */
export class FailedTasks {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** The newest first. */
  async list(
    task: TaskLike | string,
    query: FailedQuery = {},
    options: CallOptions = {},
  ): Promise<FailedPage> {
    const path = pathOf("tasks", nameOf(task), "failed");
    return (
      await this.#http.send<FailedPage>(
        { method: "GET", path, query: { ...query }, repeatable: true, fresh: true },
        options,
      )
    ).body;
  }

  /** Lets failed runs begin anew. With `more`, the same call after `nextAfterMs` does the next. */
  retry(
    task: TaskLike | string,
    selection: FailedSelection,
    options: CallOptions = {},
  ): Promise<FailedOutcome> {
    return this.#act("retry", task, selection, options);
  }

  /** Forgets failed runs. With `more`, the same call after `nextAfterMs` does the next. */
  remove(
    task: TaskLike | string,
    selection: FailedSelection,
    options: CallOptions = {},
  ): Promise<FailedOutcome> {
    return this.#act("remove", task, selection, options);
  }

  async #act(
    verb: string,
    task: TaskLike | string,
    json: FailedSelection,
    options: CallOptions,
  ): Promise<FailedOutcome> {
    const path = pathOf("tasks", nameOf(task), "failed", verb);
    return (await this.#http.send<FailedOutcome>({ method: "POST", path, json, repeatable: true }, options))
      .body;
  }
}
