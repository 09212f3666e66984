import { limits } from "@tidegate/contracts";
import { type Context, run, send } from "../context.ts";
import type { TaskKeys } from "../keys.ts";
import { markCancelled } from "../redis/scripts.gen.ts";
import type { Waker } from "../wake/waker.ts";

/** Names one run of a task. */
export interface TaskRunName {
  readonly task: string;
  readonly id: string;
}

/** Marks on runs that are wanted no more, each for 24 hours; the oldest go when there are over 100,000. */
export class CancelledRuns {
  readonly #context: Context;
  readonly #keys: TaskKeys;
  readonly #waker: Waker;

  constructor(context: Context, keys: TaskKeys, waker: Waker) {
    this.#context = context;
    this.#keys = keys;
    this.#waker = waker;
  }

  /** Marks a run, and wakes the workers that watch. Answers when it was first marked, in ms. Safe to repeat. */
  async mark(name: TaskRunName): Promise<number> {
    const reply = await run(
      this.#context,
      markCancelled,
      { cancelled: this.#keys.cancelled },
      {
        now: this.#context.scriptNow(),
        run: memberOf(name),
        channel: this.#keys.cancels,
        keepMs: limits.taskCancelledMs,
        most: limits.taskCancelledRuns,
      },
    );
    return Number((reply as Buffer).toString());
  }

  /** When each of the runs was marked, in ms; null for those that are not. One call for all. */
  async markedAt(names: readonly TaskRunName[]): Promise<(number | null)[]> {
    if (names.length === 0) return [];
    const reply = await send(this.#context, "ZMSCORE", this.#keys.cancelled, ...names.map(memberOf));
    return (reply as (Buffer | null)[]).map((score) => (score === null ? null : Number(score.toString())));
  }

  /** Takes marks away, so that runs of these names may be carried out again. */
  async clear(names: readonly TaskRunName[]): Promise<void> {
    if (names.length > 0) await send(this.#context, "ZREM", this.#keys.cancelled, ...names.map(memberOf));
  }

  /** How much was heard of marks so far, to be asked for before a look at them; null while nothing is heard. */
  heard(): number | null {
    return this.#waker.count(this.#keys.cancels);
  }

  /** Waits until more is heard than `seen`, or so long; a shorter time where nothing can be heard. Never throws. */
  async wait(seen: number | null, { timeoutMs, unheardMs = 2_000, signal }: CancelWait): Promise<void> {
    const channels = [this.#keys.cancels];
    const watched = await this.#waker.watch(channels).catch(() => false);
    // The first to subscribe does not know what was told before.
    if (watched && this.#waker.count(channels[0]!) !== seen) return;
    await this.#waker.wait(
      channels,
      Date.now() + (watched ? timeoutMs : Math.min(timeoutMs, unheardMs)),
      signal,
    );
  }
}

/** How long to wait for marks. */
export interface CancelWait {
  readonly timeoutMs: number;
  /** The most where nothing can be heard. Default 2,000. */
  readonly unheardMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** No task's name has a slash. */
const memberOf = ({ task, id }: TaskRunName): string => `${task}/${id}`;
