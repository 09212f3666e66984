import { setTimeout as delay } from "node:timers/promises";
import { TidegateError } from "@tidegate/contracts";

const betweenMs = 1_000;

/**
 * Who follows outlasts an outage: it is told once, and the call is made again until it is answered. Who cannot even begin,
 * or who wants what is there and no more, is told at once.
 */
export class Patience {
  readonly #signal: AbortSignal;
  readonly #note: (text: string) => void;
  readonly #follow: boolean;
  #hasBegun = false;
  #isAway = false;

  constructor({
    follow,
    signal,
    note,
  }: { follow: boolean; signal: AbortSignal; note: (text: string) => void }) {
    this.#follow = follow;
    this.#signal = signal;
    this.#note = note;
  }

  /** Makes a call until it is answered. Throws what waiting does not cure. */
  async outlast<Result>(call: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        const result = await call();
        if (this.#isAway) this.#note("It goes on");
        this.#isAway = false;
        this.#hasBegun = true;
        return result;
      } catch (error) {
        const isOutage = error instanceof TidegateError && error.retryable;
        if (!this.#follow || !this.#hasBegun || !isOutage || this.#signal.aborted) throw error;
        if (!this.#isAway) this.#note(`${error.code} ${error.message}: waiting`);
        this.#isAway = true;
        await delay(betweenMs, undefined, { signal: this.#signal });
      }
    }
  }
}
