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
/** What begins within so long is looked at together; most of it has ended then. */
const gatherMs = 20;

/**
 * Ends runs that were cancelled elsewhere. What has just begun is looked at soon, since its mark may be older;
 * all that runs, when a mark is heard of, and now and then. While nothing runs, nothing is asked.
 */
export class CancelWatch {
  readonly #marks: CancelledRuns;
  readonly #onEvent: OnTaskEvent;
  readonly #runs: readonly Runs[];
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lookedAt = 0;
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

  /** A run has begun, and stands with the others. */
  begun(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const since = this.#lookedAt;
      this.#lookedAt = performance.now();
      const fresh = this.#all().filter(({ attempt }) => attempt.begunAt >= since);
      if (fresh.length === 0) return;
      this.#wake?.();
      void this.#look(fresh);
    }, gatherMs);
  }

  /** Looks no more. A look that is under way, which may wait for Redis, ends nothing that has not ended. */
  stop(): void {
    this.#stop.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
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
