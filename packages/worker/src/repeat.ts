import { setTimeout as pause } from "node:timers/promises";
import { TidegateError } from "@tidegate/contracts";
import { BackOff } from "./back-off.ts";

/** The delays between attempts of a call that Redis did not answer. */
export const firstDelayMs = 50;
export const lastDelayMs = 10_000;

export interface RepeatOptions {
  /** Hears of each failure that is repeated. */
  onError: (error: TidegateError) => void;
  /** No further attempt once it is aborted; one that is under way is waited for. */
  signal: AbortSignal;
  /** Whether another attempt still makes sense. Default: always. */
  worthwhile?: () => boolean;
}

/**
 * Repeats a call with back-off until it is answered. Only for calls that are safe to repeat. Throws the last
 * error when it is none that time cures, when the signal is aborted, or when another attempt makes no sense.
 */
export async function repeatUntilAnswered<T>(call: () => Promise<T>, options: RepeatOptions): Promise<T> {
  let backOff: BackOff | null = null;
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      const error = asTidegateError(thrown);
      if (!error.retryable || options.signal.aborted || options.worthwhile?.() === false) throw error;
      options.onError(error);
      backOff ??= new BackOff(firstDelayMs, lastDelayMs);
      await pause(backOff.next(), undefined, { signal: options.signal }).catch(() => {});
      if (options.signal.aborted) throw error;
    }
  }
}

export function asTidegateError(thrown: unknown): TidegateError {
  if (thrown instanceof TidegateError) return thrown;
  return new TidegateError("INTERNAL", thrown instanceof Error ? thrown.message : String(thrown), {}, thrown);
}
