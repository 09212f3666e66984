/** Of the time after which Redis counts as silent, the part that it is given to answer a question of the watch's own. */
const graceOfLimit = 1 / 8;

/** Lets what has arrived be read first; where the runtime has no such turns, the next tick will do. */
const afterTurn: (act: () => void) => unknown =
  typeof setImmediate === "function" ? setImmediate : queueMicrotask;

/**
 * Knows since when Redis has answered nothing, over all calls of an engine, or of the engines that share it. It counts
 * nothing: what it keeps is when the first call left after the last answer, so a call that is never settled (its
 * connection is gone, its invocation was cancelled) does no harm. It holds no timer while Redis answers.
 */
export class RedisWatch {
  /** When the first call left that no answer followed; 0 when there is none. */
  #since = 0;
  #isSilent = false;
  /** Until when a question counts as under way. */
  #askingUntil = 0;

  /** A call was sent. */
  sent(): void {
    if (this.#since === 0) this.#since = performance.now();
  }

  /** Redis answered something, be it an error. */
  heard(): void {
    this.#since = 0;
    this.#isSilent = false;
  }

  /**
   * Whether Redis has answered nothing for so long. Who asks when it nearly is so waits for an eighth of that time: Redis is
   * asked something cheap over the connection that calls share (they may wait behind one that blocks on purpose), and what
   * has arrived is read (this process may have been busy itself). While Redis is silent one question is under way at a
   * time: its answer ends the silence.
   * @param ask asks; rejects when no answer comes within `askMs`
   */
  isSilent(limitMs: number, askMs: number, ask: () => Promise<unknown>): boolean | Promise<boolean> {
    const since = this.#since;
    if (since === 0) return false;
    const graceMs = limitMs * graceOfLimit;
    const now = performance.now();
    if (!this.#isSilent && now - since < limitMs - graceMs) return false;
    if (now >= this.#askingUntil) this.#ask(now + askMs, ask);
    if (this.#isSilent) return true;
    return new Promise((resolve) => {
      const conclude = () => {
        if (this.#since === since) this.#isSilent = true;
        resolve(this.#isSilent);
      };
      setTimeout(() => afterTurn(conclude), graceMs);
    });
  }

  #ask(until: number, ask: () => Promise<unknown>): void {
    this.#askingUntil = until;
    const over = () => {
      this.#askingUntil = 0;
    };
    ask().then(over, over);
  }
}
