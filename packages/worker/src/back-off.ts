/**
 * Delays between attempts: each twice the former up to a limit, and by chance up to a half shorter, so that
 * many do not come at once.
 */
export class BackOff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  #failures = 0;

  constructor(initialMs: number, maxMs: number) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  /** The next delay, in milliseconds. */
  next(): number {
    const delay = Math.min(this.#maxMs, this.#initialMs * 2 ** this.#failures);
    if (delay < this.#maxMs) this.#failures += 1;
    return delay * (1 - Math.random() / 2);
  }

  /** After a success. */
  reset(): void {
    this.#failures = 0;
  }
}
