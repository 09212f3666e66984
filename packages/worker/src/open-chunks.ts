import type { Chunk } from "./chunk.ts";

/** How long a handler whose signal was aborted may take to end. */
const abortGraceMs = 1_000;

/** The chunks that are being handled. */
export class OpenChunks {
  readonly #chunks = new Set<Chunk>();
  readonly #waiters = new Map<Chunk, () => void>();
  #onChange: (() => void) | null = null;

  get size(): number {
    return this.#chunks.size;
  }

  add(chunk: Chunk): void {
    this.#chunks.add(chunk);
  }

  delete(chunk: Chunk): void {
    this.#chunks.delete(chunk);
    this.#waiters.get(chunk)?.();
    this.#waiters.delete(chunk);
    this.#onChange?.();
  }

  /** Resolves when the chunk is given up or has ended. */
  deleted(chunk: Chunk): Promise<void> {
    return new Promise((resolve) => this.#waiters.set(chunk, resolve));
  }

  /**
   * Waits until all have ended; after `timeoutMs` aborts their signals, and a second later gives up what is left.
   * Returns how many messages were given up while they were handled.
   */
  async close(timeoutMs: number, reason: unknown, giveUp: (chunk: Chunk) => void): Promise<number> {
    if (await this.#emptyWithin(timeoutMs)) return 0;
    for (const chunk of this.#chunks) chunk.lease.abort(reason);
    if (await this.#emptyWithin(abortGraceMs)) return 0;
    let abandoned = 0;
    for (const chunk of [...this.#chunks]) {
      if (!chunk.lease.lost) abandoned += chunk.handedOut;
      giveUp(chunk);
    }
    return abandoned;
  }

  #emptyWithin(ms: number): Promise<boolean> {
    if (this.#chunks.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (empty: boolean) => {
        clearTimeout(timer);
        this.#onChange = null;
        resolve(empty);
      };
      const timer = setTimeout(() => end(false), ms);
      this.#onChange = () => {
        if (this.#chunks.size === 0) end(true);
      };
    });
  }
}
