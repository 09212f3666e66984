/**
 * Counts what was published within a time. The rate is constant only while the machine keeps up with it: what a log should
 * hold follows from what was in fact published.
 */
export class PublishedLately {
  readonly #withinMs: number;
  #calls: { at: number; messages: number }[] = [];

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  add(messages: number): void {
    this.#calls.push({ at: performance.now(), messages });
  }

  count(): number {
    const since = performance.now() - this.#withinMs;
    this.#calls = this.#calls.filter(({ at }) => at >= since);
    return this.#calls.reduce((sum, { messages }) => sum + messages, 0);
  }
}
