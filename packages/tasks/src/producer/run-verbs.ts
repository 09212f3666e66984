import { limits, runId, type TaskLogs, type TaskStatus, TidegateError } from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { Job } from "bullmq";
import { isBullError } from "../job/bull-error.ts";
import type { JobData } from "../job/job-data.ts";
import { statusOf } from "../job/run-status.ts";
import { taskErrorNames } from "../job/task-error.ts";
import type { Definitions } from "./definitions.ts";
import type { Queues } from "./queues.ts";

/** What can be done with one run of a task. */
export class RunVerbs {
  readonly #queues: Queues;
  readonly #book: TaskBook;
  readonly #definitions: Definitions;

  constructor(queues: Queues, book: TaskBook, definitions: Definitions) {
    this.#queues = queues;
    this.#book = book;
    this.#definitions = definitions;
  }

  /** Where a run stands; null when there is none. @throws TASK_NOT_FOUND */
  async look(task: string, id: string): Promise<TaskStatus | null> {
    const { attempts } = await this.#definitions.find(task);
    // Among the keys of a queue are some that are no runs.
    if (!runId.safeParse(id).success) return null;
    return statusOf(task, id, await this.#book.runs.read({ task, id }), attempts);
  }

  /** Where a run stands. @throws NOT_FOUND, TASK_NOT_FOUND */
  async get(task: string, id: string): Promise<TaskStatus> {
    const status = await this.look(task, id);
    if (status === null) throw unknown();
    return status;
  }

  /** What its handler noted. @throws NOT_FOUND, TASK_NOT_FOUND */
  async logs(task: string, id: string): Promise<TaskLogs> {
    await this.get(task, id);
    const { logs, count } = await this.#book.answer(
      this.#queues.of(task).getJobLogs(id, 0, limits.taskLogLines - 1, true),
    );
    return { lines: logs, total: count };
  }

  /**
   * Wants a run no more, and the runs that it waits for with it. The mark comes first: whoever dies behind it leaves a run that a
   * worker ends when it comes to it, and that is told as cancelled meanwhile.
   */
  async cancel(task: string, id: string): Promise<void> {
    await this.#definitions.find(task);
    if (!runId.safeParse(id).success) throw unknown();
    await this.#cancelRun(task, id);
  }

  async #cancelRun(task: string, id: string): Promise<void> {
    const name = { task, id };
    const { pending, hasParent } = await this.#book.runs.cancel(name, taskErrorNames.cancelled);
    if (!pending) return;
    const { state } = await this.#book.runs.read(name);
    if (state === "waiting-children") return this.#cancelChildren(task, id);
    if (state !== "waiting" && state !== "delayed") return;
    // A parent that has lost a child by its removal would go on as if that had completed. What a schedule has planned is the link
    // to what it plans next, and BullMQ keeps it.
    if (!hasParent && (await this.#tryRemove(task, id, false))) return;
    if (state === "delayed" && hasParent) await this.#promote(task, id);
  }

  async #cancelChildren(task: string, id: string): Promise<void> {
    const job = await this.#job(task, id);
    if (job === undefined) return;
    const { unprocessed = [] } = await this.#book.answer(
      job.getDependencies({ unprocessed: { count: limits.tasksAtATime, cursor: 0 } }),
    );
    const { prefix } = this.#queues;
    for (const key of unprocessed) {
      const [child, ...rest] = key.slice(prefix.length + 1).split(":");
      await this.#cancelRun(child!, rest.join(":")).catch(ignoreEnded);
    }
  }

  /** Removes a run unless a worker has it. Answers whether it is gone. */
  async #tryRemove(task: string, id: string, withChildren: boolean): Promise<boolean> {
    const backend = this.#queues.of(task).getBackend();
    try {
      return (await this.#book.answer(backend.remove(id, withChildren), isBullError)) > 0;
    } catch (error) {
      if (isBullError(error)) return false;
      throw error;
    }
  }

  async #promote(task: string, id: string): Promise<void> {
    const job = await this.#job(task, id);
    await this.#book.answer(job?.promote() ?? Promise.resolve(), isBullError).catch(ignoreBull);
  }

  /** Carries out a failed run again, with all its attempts. @throws NOT_FOUND, TASK_STATE */
  async retry(task: string, id: string): Promise<void> {
    const { state } = await this.get(task, id);
    const job = await this.#job(task, id);
    if (job === undefined)
      throw state === "cancelled" ? wrongState("was removed when it was cancelled") : unknown();
    if (state !== "failed" && state !== "cancelled") throw wrongState(`is ${state}`);
    // In this order: with the mark a worker would end it at once. Whoever dies in between leaves a failed run.
    await this.#book.cancelled.clear([{ task, id }]);
    const options = { resetAttemptsMade: true, resetAttemptsStarted: true };
    const data = job.data as JobData;
    try {
      // Its end is told again. Whoever dies behind it leaves a failed run that is of a later life, which means nothing.
      if (data.callbackUrl !== undefined || data.failureCallbackUrl !== undefined)
        await this.#book.answer(job.updateData({ ...data, life: (data.life ?? 0) + 1 }), isBullError);
      await this.#book.answer(job.retry("failed", options), isBullError);
    } catch (error) {
      throw isBullError(error) ? wrongState("is no longer failed") : error;
    }
  }

  /** Removes a run and those that it waits for. @throws NOT_FOUND, TASK_STATE while a worker has one of them */
  async remove(task: string, id: string): Promise<void> {
    const { state } = await this.get(task, id);
    const record = await this.#book.runs.read({ task, id });
    if (record.state !== "gone" && !(await this.#tryRemove(task, id, true))) {
      throw wrongState(state === "running" ? "is running" : "or one that it waits for is needed");
    }
    await this.#book.cancelled.clear([{ task, id }]);
  }

  #job(task: string, id: string): Promise<Job | undefined> {
    return this.#book.answer(this.#queues.of(task).getJob(id) as Promise<Job | undefined>);
  }
}

function unknown(): TidegateError {
  return new TidegateError("NOT_FOUND", "The task has no such run");
}

function wrongState(what: string): TidegateError {
  return new TidegateError("TASK_STATE", `The run ${what}`);
}

function ignoreBull(error: unknown): void {
  if (!isBullError(error)) throw error;
}

function ignoreEnded(error: unknown): void {
  const { code } = error as TidegateError;
  if (code !== "TASK_STATE" && code !== "NOT_FOUND") throw error;
}
