/** What a run drives: it takes work when there is some, until it is stopped. */
export interface Consumer {
  /** Starts whatever can be started now. Called when a partition may have something and when a handler has ended. */
  advance(): void;
  /** Whether nothing is held, handled or asked for. */
  readonly idle: boolean;
  /**
   * Takes nothing more, releases what was not begun, waits for the rest; returns how many messages were
   * abandoned.
   */
  stop(timeoutMs: number, reason: unknown): Promise<number>;
}
