/** What was started; the last one is ended first. */
export class Started {
  readonly #stops: (() => unknown)[] = [];

  /** Takes note of what ends something. */
  add(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  /** Ends everything. What does not end in order is told, and keeps nothing else from ending. May be called again. */
  async stop(log?: (line: string) => void): Promise<void> {
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (error) {
        log?.(`stopping: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}
