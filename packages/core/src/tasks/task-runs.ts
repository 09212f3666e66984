import { limits } from "@tidegate/contracts";
import { type Context, run, send } from "../context.ts";
import { taskKeys, taskQueueKeys } from "../keys.ts";
import { cancelRun, enqueueRuns, readRun } from "../redis/scripts.gen.ts";
import { markOf, type TaskRunName } from "./cancelled-runs.ts";
import { parseRun, type RunRecord } from "./run-record.ts";

/** What came of wanting a run no more. */
export interface Cancellation {
  /** When it was first cancelled, in ms. */
  readonly cancelledAt: number;
  /** Whether it is still to be ended: by its removal, or by a worker. */
  readonly pending: boolean;
  /** Whether another run waits for it, which a removal would let go on. */
  readonly hasParent: boolean;
}

/** A run that is to be added as it is. */
export interface PlainRun {
  readonly id: string;
  /** When it was made, in ms. */
  readonly timestamp: number;
  /** JSON. */
  readonly data: string;
  /** JSON of BullMQ's options, as it keeps them. */
  readonly options: string;
}

/** A failed run, and when it ended. */
export interface FailedRun {
  readonly id: string;
  readonly at: number;
}

/** Looks at BullMQ's runs where its own ways need several steps, between which a run goes on. */
export class TaskRuns {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Where a run stands, at one moment. One round trip; what a worker does meanwhile is not half seen. */
  async read(name: TaskRunName): Promise<RunRecord> {
    const { space } = this.#context;
    const keys = { ...taskKeys(space), ...taskQueueKeys(space, name.task, name.id) };
    return parseRun(await run(this.#context, readRun, keys, { run: markOf(name), id: name.id }));
  }

  /**
   * Marks a run as cancelled and wakes workers. Whoever dies behind it leaves a run that a worker ends when it comes to it.
   * Safe to repeat. `endedAs` is how the reason of a cancelled run begins.
   * @throws NOT_FOUND, TASK_STATE when it has ended otherwise
   */
  async cancel(name: TaskRunName, endedAs: string): Promise<Cancellation> {
    const { space, scriptNow } = this.#context;
    const own = taskKeys(space);
    const reply = await run(
      this.#context,
      cancelRun,
      { ...own, ...taskQueueKeys(space, name.task, name.id) },
      {
        now: scriptNow(),
        run: markOf(name),
        id: name.id,
        channel: own.cancels,
        keepMs: limits.taskCancelledMs,
        most: limits.taskCancelledRuns,
        endedAs,
      },
    );
    const [at, pending, parent] = reply as [Buffer, number, Buffer];
    return { cancelledAt: Number(at.toString()), pending: pending === 1, hasParent: parent.length > 0 };
  }

  /**
   * Adds runs that are neither delayed nor prioritised, nor have a parent or a deduplication id: all or none, in one call, at half of what
   * they cost by BullMQ's own script for one. Answers for each the options of the run that was there already; null when it was
   * added. Safe to repeat. @throws OVERLOADED, with nothing done
   */
  async enqueue(task: string, runs: readonly PlainRun[]): Promise<(string | null)[]> {
    const keys = taskQueueKeys(this.#context.space, task, "");
    const rest = { keys: [] as string[], args: [] as (string | number)[] };
    for (const { id, timestamp, data, options } of runs) {
      rest.keys.push(keys.job + id);
      rest.args.push(id, timestamp, data, options);
    }
    const reply = (await run(this.#context, enqueueRuns, keys, { name: task }, rest)) as Buffer[];
    return reply.map((options) => (options.length === 0 ? null : options.toString()));
  }

  /** Failed runs that ended between two times, in ms; so many of them from `skip` on. */
  async failed(task: string, { from, to, newest, skip, limit }: FailedRange): Promise<FailedRun[]> {
    const { failed } = taskQueueKeys(this.#context.space, task, "");
    const range = newest ? [to, from, "BYSCORE", "REV"] : [from, to, "BYSCORE"];
    const reply = (await send(
      this.#context,
      "ZRANGE",
      failed,
      ...range,
      "LIMIT",
      skip,
      limit,
      "WITHSCORES",
    )) as (Buffer | [Buffer, number])[];
    // RESP 2 tells one flat list, RESP 3 pairs.
    const flat = reply.flat();
    const found: FailedRun[] = [];
    for (let at = 0; at < flat.length; at += 2)
      found.push({ id: flat[at]!.toString(), at: Number(flat[at + 1]!.toString()) });
    return found;
  }

  /** Redis's clock, in ms. */
  async now(): Promise<number> {
    const [seconds, microseconds] = (await send(this.#context, "TIME")) as [Buffer, Buffer];
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }
}

/** Which failed runs are read, in the order of their end. */
export interface FailedRange {
  readonly from: number | "-inf";
  readonly to: number | "+inf";
  readonly newest: boolean;
  readonly skip: number;
  readonly limit: number;
}
