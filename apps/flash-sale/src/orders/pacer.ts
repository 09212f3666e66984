import { setTimeout as sleep } from "node:timers/promises";

/** A clock that can be waited on; tests bring their own. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
}

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/**
 * Lets so many orders through in a second and no more: after n orders the next ones wait for n / rate seconds. Time
 * that was not used is not made up for, so that the database never sees more than the rate, whatever came before.
 */
export class Pacer {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #freeAt: number;

  /** `owed`: orders that count as let through just now, by a process that was here before. */
  constructor(perSecond: number, owed = 0, clock: Clock = realClock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#freeAt = clock.now() + this.#costMs(owed);
  }

  /** Resolves when `count` orders may be written. One call at a time. Rejects when the signal is aborted. */
  async take(count: number, signal?: AbortSignal): Promise<void> {
    // A timer may fire a moment early.
    for (let left = this.#left(); left > 0; left = this.#left())
      await this.#clock.sleep(Math.ceil(left), signal);
    this.#freeAt = this.#clock.now() + this.#costMs(count);
  }

  #left(): number {
    return this.#freeAt - this.#clock.now();
  }

  #costMs(count: number): number {
    return (count * 1000) / this.#perSecond;
  }
}
