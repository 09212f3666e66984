import { type Context, send } from "../context.ts";
import type { TaskKeys } from "../keys.ts";
import type { Waker } from "../wake/waker.ts";

/** Names one run of a task. */
export interface TaskRunName {
  readonly task: string;
  readonly id: string;
}

/** How long to wait for marks. */
export interface CancelWait {
  readonly timeoutMs: number;
  /** The most where nothing can be heard. Default 2,000. */
  readonly unheardMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Marks on runs that are wanted no more, each for 24 hours; the oldest go when there are over 100,000. `TaskRuns.cancel` makes
 * them, workers look for them.
 */
export class CancelledRuns {
  readonly #context: Context;
  readonly #keys: TaskKeys;
  readonly #waker: Waker;

  constructor(context: Context, keys: TaskKeys, waker: Waker) {
    this.#context = context;
    this.#keys = keys;
    this.#waker = waker;
  }

  /** When each of the runs was marked, in ms; null for those that are not. One call for all. */
  async markedAt(names: readonly TaskRunName[]): Promise<(number | null)[]> {
    if (names.length === 0) return [];
    const reply = await send(this.#context, "ZMSCORE", this.#keys.cancelled, ...names.map(markOf));
    return (reply as (Buffer | null)[]).map((score) => (score === null ? null : Number(score.toString())));
  }

  /** Takes marks away, so that runs of these names may be carried out again. */
  async clear(names: readonly TaskRunName[]): Promise<void> {
    if (names.length > 0) await send(this.#context, "ZREM", this.#keys.cancelled, ...names.map(markOf));
  }

  /** How much was heard of marks so far, to be asked for before a look at them; null while nothing is heard. */
  heard(): number | null {
    return this.#waker.count(this.#keys.cancels);
  }

  /** Waits until more is heard than `seen`, or so long; a shorter time where nothing can be heard. Never throws. */
  async wait(seen: number | null, { timeoutMs, unheardMs = 2_000, signal }: CancelWait): Promise<void> {
    const channel = this.#keys.cancels;
    const watched = await this.#waker.watch([channel]).catch(() => false);
    // The first to subscribe does not know what was told before.
    if (watched && this.#waker.count(channel) !== seen) return;
    const ms = watched ? timeoutMs : Math.min(timeoutMs, unheardMs);
    await this.#waker.wait([channel], Date.now() + ms, signal);
  }
}

/** The name of a run's mark: no task's name has a slash. */
export const markOf = ({ task, id }: TaskRunName): string => `${task}/${id}`;
