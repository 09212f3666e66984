/** What has a time until which it may go on. */
export interface Hurried {
  /** By `performance.now()`. */
  readonly deadline: number;
  /** Told once or more often. */
  late(): void;
}

/**
 * Tells what goes on beyond its time, with one timer for all: one for each short run is dearer than the run. They stand in the order of
 * their deadlines, since all have the same time.
 */
export class Deadlines {
  readonly #running: ReadonlyMap<string, Hurried>;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(running: ReadonlyMap<string, Hurried>) {
    this.#running = running;
  }

  /** Something has begun, and stands behind the others. */
  begun(one: Hurried): void {
    // One that ends leaves the timer to the next.
    if (this.#timer === null) this.#setTimer(one);
  }

  /** Tells nobody any more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #setTimer({ deadline }: Hurried): void {
    const inMs = Math.max(1, Math.ceil(deadline - performance.now()));
    this.#timer = setTimeout(() => this.#look(), inMs);
  }

  #look(): void {
    this.#timer = null;
    const now = performance.now();
    for (const one of this.#running.values()) {
      if (one.deadline > now) {
        this.#setTimer(one);
        return;
      }
      one.late();
    }
  }
}
