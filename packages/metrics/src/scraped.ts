/** What is asked again at a scrape. */
export interface Refreshed {
  /** Never rejects; undefined where what is known will do. */
  refresh(): Promise<void> | undefined;
}

/** Something that is asked for at a scrape, once for all metrics that show it, and not for ever. */
export class Scraped<Value> implements Refreshed {
  readonly #read: () => Promise<Value>;
  readonly #freshMs: number;
  readonly #show: (value: Value | null) => void;
  /** Until when it is not asked again. */
  #freshUntil = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  /**
   * @param read asks
   * @param freshMs for how long an answer is shown again without asking
   * @param show sets the metrics; null when nothing was answered in time
   */
  constructor(read: () => Promise<Value>, freshMs: number, show: (value: Value | null) => void) {
    this.#read = read;
    this.#freshMs = freshMs;
    this.#show = show;
  }

  /** For the `collect` of each metric. Never rejects. */
  refresh(): Promise<void> | undefined {
    if (this.#reading !== null) return this.#reading;
    if (performance.now() < this.#freshUntil) return undefined;
    this.#reading = this.#ask().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #ask(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, longestMs, null);
    });
    const value = await Promise.race([this.#read().catch(() => null), late]);
    clearTimeout(timer);
    this.#freshUntil = performance.now() + (value === null ? sameScrapeMs : this.#freshMs);
    this.#show(value);
  }
}

/** For so long the metrics of one scrape are shown one after the other: they ask once, answered or not. */
export const sameScrapeMs = 500;
/** A scrape waits no longer for Redis: what this process counted itself is told all the same. */
const longestMs = 2_000;
