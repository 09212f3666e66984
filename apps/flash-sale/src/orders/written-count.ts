import { EventEmitter, once } from "node:events";

/** How many orders are in the database, as their worker tells it, and a way to wait for more. */
export class WrittenCount {
  value = 0;
  readonly #events = new EventEmitter<{ told: [] }>();

  tell(count: number): void {
    this.value = count;
    this.#events.emit("told");
  }

  /** Resolves when the count is told the next time. Rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<void> {
    await once(this.#events, "told", { signal }).catch((error) => {
      signal.throwIfAborted();
      throw error;
    });
  }

  /** Resolves with true at `count`, and with false when nothing was told for `stalledMs`. Rejects with the signal's reason. */
  async reaches(count: number, stalledMs: number, signal: AbortSignal): Promise<boolean> {
    while (this.value < count) {
      const patience = AbortSignal.timeout(stalledMs);
      try {
        await this.next(AbortSignal.any([signal, patience]));
      } catch (error) {
        signal.throwIfAborted();
        if (patience.aborted) return false;
        throw error;
      }
    }
    return true;
  }
}
