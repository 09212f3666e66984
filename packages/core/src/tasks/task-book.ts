import type { Context } from "../context.ts";
import { answerOf, send } from "../context.ts";
import { type TaskKeys, taskKeys } from "../keys.ts";
import { toTidegateError } from "../redis/errors.ts";
import type { Waker } from "../wake/waker.ts";
import { CancelledRuns } from "./cancelled-runs.ts";
import { ScheduleBook } from "./schedule-book.ts";
import { TaskRuns } from "./task-runs.ts";

/**
 * What Tidegate itself keeps of tasks, beside what BullMQ keeps: how they are defined, which runs are wanted no more, and how
 * schedules are set. All of it lies under the tag of the namespace's queues.
 */
export class TaskBook {
  /** The prefix of BullMQ's keys: one hash tag for all queues of the namespace, so that a flow may span them on a cluster. */
  readonly queuePrefix: string;
  readonly cancelled: CancelledRuns;
  readonly schedules: ScheduleBook;
  readonly runs: TaskRuns;
  readonly #context: Context;
  readonly #keys: TaskKeys;

  constructor(context: Context, waker: Waker) {
    this.#context = context;
    this.#keys = taskKeys(context.space);
    this.queuePrefix = this.#keys.queuePrefix;
    this.cancelled = new CancelledRuns(context, this.#keys, waker);
    this.schedules = new ScheduleBook(context);
    this.runs = new TaskRuns(context);
  }

  /**
   * The outcome of a call to Redis that something else has made, as the engine's own end: REDIS_UNAVAILABLE when it stays out,
   * OVERLOADED while Redis is full. `known` are errors that are left as they are.
   */
  async answer<T>(call: Promise<T>, known: (error: unknown) => boolean = () => false): Promise<T> {
    try {
      return await answerOf(this.#context, this.#context.callTimeoutMs, call, "bullmq");
    } catch (error) {
      throw known(error) ? error : toTidegateError(error);
    }
  }

  /** The definition of a task as its workers wrote it; null when none has. */
  async readDefinition(task: string): Promise<string | null> {
    const text = await send(this.#context, "HGET", this.#keys.definitions, task);
    return text === null ? null : (text as Buffer).toString();
  }

  /** All definitions, by task. */
  async readDefinitions(): Promise<Map<string, string>> {
    const reply = (await send(this.#context, "HGETALL", this.#keys.definitions)) as Buffer[];
    const found = new Map<string, string>();
    for (let at = 0; at < reply.length; at += 2) found.set(reply[at]!.toString(), reply[at + 1]!.toString());
    return found;
  }

  /** Writes definitions in the place of those of the same tasks. Safe to repeat. */
  async writeDefinitions(definitions: ReadonlyMap<string, string>): Promise<void> {
    if (definitions.size === 0) return;
    await send(this.#context, "HSET", this.#keys.definitions, ...[...definitions].flat());
  }

  /** Forgets the definition of a task that is no more. */
  async removeDefinition(task: string): Promise<void> {
    await send(this.#context, "HDEL", this.#keys.definitions, task);
  }
}
