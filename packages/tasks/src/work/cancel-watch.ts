import type { CancelledRuns, TaskRunName } from "@tidegate/core";
import type { Attempt } from "./attempt.ts";
import type { OnTaskEvent } from "./events.ts";

/** What runs of one task. */
export interface Runs {
  readonly task: string;
  readonly running: ReadonlyMap<string, Attempt>;
}

/** A run that may have been cancelled. */
interface Suspect {
  readonly name: TaskRunName;
  readonly attempt: Attempt;
}

/** So often marks are looked at while something runs, whatever was heard. */
const lookEveryMs = 2_000;

/**
 * Ends runs that were cancelled elsewhere. What has just begun is looked at when the process has a moment, since its mark may be older;
 * all that runs, when a mark is heard of, and now and then. While nothing runs, nothing is asked.
 */
export class CancelWatch {
  readonly #marks: CancelledRuns;
  readonly #onEvent: OnTaskEvent;
  readonly #runs: readonly Runs[];
  readonly #stop = new AbortController();
  #fresh: Suspect[] = [];
  #wake: (() => void) | null = null;
  #watching: Promise<void> | null = null;

  constructor(marks: CancelledRuns, runs: readonly Runs[], onEvent: OnTaskEvent) {
    this.#marks = marks;
    this.#runs = runs;
    this.#onEvent = onEvent;
  }

  /** Does nothing when it was started already. */
  start(): void {
    this.#watching ??= this.#watch();
  }

  /** A run has begun. */
  begun(task: string, id: string, attempt: Attempt): void {
    if (this.#fresh.push({ name: { task, id }, attempt }) > 1) return;
    setImmediate(() => {
      const begun = this.#fresh;
      this.#fresh = [];
      const running = begun.filter((suspect) => !suspect.attempt.over);
      if (running.length === 0) return;
      this.#wake?.();
      void this.#look(running);
    });
  }

  /** Looks no more. A look that is under way, which may wait for Redis, ends nothing that has not ended. */
  stop(): void {
    this.#stop.abort();
    this.#wake?.();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    let heard: number | null = null;
    while (!signal.aborted) {
      await this.#somethingRuns();
      await this.#marks.wait(heard, { timeoutMs: lookEveryMs, signal });
      heard = this.#marks.heard();
      await this.#look(this.#all());
    }
  }

  #all(): Suspect[] {
    return this.#runs.flatMap(({ task, running }) =>
      [...running].map(([id, attempt]) => ({ name: { task, id }, attempt })),
    );
  }

  async #look(suspects: readonly Suspect[]): Promise<void> {
    try {
      const marks = await this.#marks.markedAt(suspects.map(({ name }) => name));
      for (const [index, markedAt] of marks.entries())
        if (markedAt !== null) suspects[index]!.attempt.interrupt("cancelled");
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
