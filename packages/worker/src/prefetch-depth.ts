/** A lease that takes so long to handle is worth no waiting ahead: another worker might take it. */
const slowMs = 1_000;
const most = 4;
/** What is handled so soon may be fetched at once: nobody else would have begun with it earlier. */
const soonMs = 40;
/** How much the newest measurement counts. */
const weight = 0.2;

/** How many leases to have ahead: as many as are handled in the time that it takes to fetch one. */
export class PrefetchDepth {
  readonly #atOnce: number;
  #fetchMs: number | null = null;
  #handlingMs: number | null = null;

  /** `atOnce`: how many leases are handled at once. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  fetched(ms: number): void {
    this.#fetchMs = blend(this.#fetchMs, ms);
  }

  handled(ms: number): void {
    this.#handlingMs = blend(this.#handlingMs, ms);
  }

  /** 0 to 4. */
  get ahead(): number {
    if (this.#handlingMs === null || this.#fetchMs === null) return 1;
    if (this.#handlingMs >= slowMs) return 0;
    const needed = Math.ceil((this.#atOnce * this.#fetchMs) / Math.max(this.#handlingMs, 0.01));
    return Math.min(most, Math.max(1, needed));
  }

  /** How many leases to fetch with one call, where one call may fetch several: 1 to 4. Larger ones share their cost. */
  get together(): number {
    if (this.#handlingMs === null) return 1;
    return Math.min(
      most,
      Math.max(1, Math.floor((this.#atOnce * soonMs) / Math.max(this.#handlingMs, 0.01))),
    );
  }
}

function blend(average: number | null, ms: number): number {
  return average === null ? ms : average + weight * (ms - average);
}
