import { limits, type TidegateError } from "@tidegate/contracts";
import type { NewResult } from "@tidegate/core";
import { asTidegateError, repeatUntilAnswered } from "./repeat.ts";
import type { WorkerSettings } from "./worker-options.ts";

export interface ResultKeeperOptions {
  settings: WorkerSettings;
  onError: (error: TidegateError) => void;
  /** Aborted when unanswered calls are given up. */
  closing: AbortSignal;
}

/** A result on its way, and until when that is worth it. */
interface Waiting {
  readonly result: NewResult;
  readonly isWorthwhile: () => boolean;
  readonly done: () => void;
}

/**
 * Keeps the results that handlers return. What comes in one turn goes as one call. A result that cannot be kept is told, and
 * its message is settled without it: to deliver it again would help nobody, least of all a Redis that is full.
 */
export class ResultKeeper {
  readonly #options: ResultKeeperOptions;
  /** By time to live. */
  readonly #waiting = new Map<number, Waiting[]>();

  constructor(options: ResultKeeperOptions) {
    this.#options = options;
  }

  /** Resolves when the result is kept or given up. Never rejects. */
  keep(result: NewResult, ttlMs: number, isWorthwhile: () => boolean): Promise<void> {
    return new Promise((done) => {
      const waiting = this.#waiting.get(ttlMs) ?? [];
      if (waiting.length === 0) queueMicrotask(() => void this.#leave(ttlMs));
      this.#waiting.set(ttlMs, [...waiting, { result, isWorthwhile, done }]);
    });
  }

  async #leave(ttlMs: number): Promise<void> {
    const waiting = this.#waiting.get(ttlMs) ?? [];
    this.#waiting.delete(ttlMs);
    const calls: Promise<void>[] = [];
    for (let from = 0; from < waiting.length; from += limits.receiveMessages)
      calls.push(this.#put(waiting.slice(from, from + limits.receiveMessages), ttlMs));
    await Promise.all(calls);
  }

  async #put(waiting: readonly Waiting[], ttlMs: number): Promise<void> {
    const { settings, onError, closing } = this.#options;
    const results = waiting.map(({ result }) => result);
    let isFull = false;
    try {
      await repeatUntilAnswered(
        async () => {
          try {
            await settings.results.put(settings.topic, settings.group, results, { ttlMs });
          } catch (thrown) {
            isFull = asTidegateError(thrown).code === "OVERLOADED";
            throw thrown;
          }
        },
        {
          onError,
          signal: closing,
          worthwhile: () => !isFull && waiting.some(({ isWorthwhile }) => isWorthwhile()),
        },
      );
    } catch (thrown) {
      onError(asTidegateError(thrown));
    }
    for (const { done } of waiting) done();
  }
}
