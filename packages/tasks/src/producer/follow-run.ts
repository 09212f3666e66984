import { isTaskOver, type TaskStatus } from "@tidegate/contracts";
import type { RunWatch } from "./run-watch.ts";

/** What a run is followed with. */
export interface FollowOptions {
  readonly task: string;
  readonly id: string;
  /** Where it stands. Throws NOT_FOUND. */
  readonly look: () => Promise<TaskStatus>;
  /** What tells of changes; null where nothing may subscribe. */
  readonly watch: RunWatch | null;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Where changes are heard, a look now and then is for what a lost connection has swallowed. */
const heardLookMs = 5_000;
/** Where they are not, looks come more and more seldom. */
const firstLookMs = 50;
const lastLookMs = 1_000;
const growth = 1.5;

/**
 * Where a run stands, at once and again whenever that may have changed, up to its end, the signal or the time-out; the last is always
 * told. What is told may be the same as before.
 */
export async function* followRun(options: FollowOptions): AsyncGenerator<TaskStatus, void> {
  const { task, id, look, watch, signal, timeoutMs = Number.POSITIVE_INFINITY } = options;
  const until = performance.now() + timeoutMs;
  const bell = new Bell();
  const stop = () => bell.ring();
  signal?.addEventListener("abort", stop, { once: true });
  let unlisten = () => {};
  try {
    // Before the first look, so that nothing is missed between.
    if (watch !== null) unlisten = await watch.listen(task, id, () => bell.ring());
    let pause = watch === null ? firstLookMs : heardLookMs;
    for (;;) {
      const status = await look();
      yield status;
      const left = until - performance.now();
      if (isTaskOver(status.state) || signal?.aborted || left <= 0) return;
      await bell.wait(Math.min(pause, left));
      if (watch === null) pause = Math.min(lastLookMs, pause * growth);
    }
  } finally {
    unlisten();
    signal?.removeEventListener("abort", stop);
  }
}

/** Rung at any time, it ends the wait that is, or else the next one. */
class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
    this.#rung = false;
  }
}
