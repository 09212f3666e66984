import { setTimeout as sleep } from "node:timers/promises";

/** What goes on until the soak ends. */
export type Activity = (signal: AbortSignal) => Promise<void>;

/** Does something again and again, as often as is said while it keeps up; never twice at once. */
export function every(periodMs: number, run: (turn: number) => Promise<unknown>): Activity {
  return async (signal) => {
    let next = performance.now();
    for (let turn = 0; !signal.aborted; turn += 1) {
      await run(turn);
      // What was missed is not made up for: a machine that is slow for a moment is not slow for longer.
      next = Math.max(next + periodMs, performance.now() - periodMs);
      await sleep(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => {});
    }
  };
}
