/** Ends a request from outside, once; an AbortSignal for one listener, at a tenth of the cost. */
export class Abort {
  #reason: Error | null = null;
  #listener: ((reason: Error) => void) | null = null;

  /** Why it was fired; null while it was not. */
  get reason(): Error | null {
    return this.#reason;
  }

  fire(reason: Error): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#listener?.(reason);
  }

  /** Tells this listener, and no longer the one before; at once when it was fired already. */
  listen(listener: ((reason: Error) => void) | null): void {
    this.#listener = listener;
    if (this.#reason !== null) listener?.(this.#reason);
  }
}
