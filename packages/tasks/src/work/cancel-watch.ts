import type { CancelledRuns, TaskRunName } from "@tidegate/core";
import type { Attempt } from "./attempt.ts";
import type { OnTaskEvent } from "./events.ts";

/** What runs of one task. */
export interface Runs {
  readonly task: string;
  readonly running: ReadonlyMap<string, Attempt>;
}

/** So often marks are looked at while something runs, whatever was heard. */
const lookEveryMs = 2_000;
/** What Redis had just handed out when a mark was heard of runs here so long after. */
const afterwardsMs = 100;

/**
 * Ends runs that were cancelled elsewhere: by a look at the marks of what runs when one is heard of, and now and then. While nothing
 * runs, nothing is asked.
 */
export class CancelWatch {
  readonly #marks: CancelledRuns;
  readonly #onEvent: OnTaskEvent;
  readonly #runs: readonly Runs[];
  readonly #stop = new AbortController();
  #wake: (() => void) | null = null;
  #watching: Promise<void> | null = null;

  constructor(marks: CancelledRuns, runs: readonly Runs[], onEvent: OnTaskEvent) {
    this.#marks = marks;
    this.#runs = runs;
    this.#onEvent = onEvent;
  }

  start(): void {
    this.#watching ??= this.#watch();
  }

  /** Something has begun to run. */
  readonly busy = (): void => {
    this.#wake?.();
  };

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    let seen: number | null = null;
    while (!signal.aborted) {
      await this.#somethingRuns();
      const heard = this.#marks.heard();
      await this.#look();
      const timeoutMs = heard === seen ? lookEveryMs : afterwardsMs;
      seen = heard;
      await this.#marks.wait(heard, { timeoutMs, unheardMs: lookEveryMs, signal });
    }
  }

  async #look(): Promise<void> {
    const names: TaskRunName[] = [];
    const attempts: Attempt[] = [];
    for (const { task, running } of this.#runs) {
      for (const [id, attempt] of running) {
        names.push({ task, id });
        attempts.push(attempt);
      }
    }
    try {
      const marks = await this.#marks.markedAt(names);
      for (const [index, markedAt] of marks.entries())
        if (markedAt !== null) attempts[index]!.interrupt("cancelled");
    } catch (error) {
      this.#onEvent({ type: "error", error });
    }
  }

  #somethingRuns(): Promise<void> {
    if (this.#stop.signal.aborted || this.#runs.some(({ running }) => running.size > 0))
      return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }
}
