import type { SaleSample } from "./sale-desk.ts";

/** What the operator's plots show: a sample, and how fast orders were written then. */
export interface PlotSample extends SaleSample {
  readonly drainPerSecond: number;
}

const everyMs = 500;
const kept = 120;
/** The rate is that of so many samples, or ten orders in one transaction would look like a spike. */
const rateOver = 4;

/** Looks at the sale twice in a second, once for all viewers. */
export class Sampler {
  readonly #look: () => Promise<SaleSample>;
  readonly #written: () => number;
  readonly #listeners = new Set<(sample: PlotSample) => void>();
  readonly #counts: { at: number; written: number }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  /** The last minute. */
  readonly history: PlotSample[] = [];

  constructor(look: () => Promise<SaleSample>, written: () => number) {
    this.#look = look;
    this.#written = written;
  }

  start(): void {
    void this.#sample();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  /** Tells each new sample; returns what ends that. */
  listen(listener: (sample: PlotSample) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #sample(): Promise<void> {
    // A moment in which the server cannot answer leaves a gap in the plots.
    const sample = await this.#look().catch(() => null);
    if (this.#stopped) return;
    if (sample !== null) this.#tell({ ...sample, drainPerSecond: this.#rateAt(sample.at) });
    this.#timer = setTimeout(() => void this.#sample(), everyMs);
  }

  #rateAt(at: number): number {
    const written = this.#written();
    this.#counts.push({ at, written });
    if (this.#counts.length > rateOver + 1) this.#counts.shift();
    const first = this.#counts[0]!;
    return at > first.at ? ((written - first.written) * 1000) / (at - first.at) : 0;
  }

  #tell(sample: PlotSample): void {
    this.history.push(sample);
    if (this.history.length > kept) this.history.shift();
    for (const listener of this.#listeners) listener(sample);
  }
}
