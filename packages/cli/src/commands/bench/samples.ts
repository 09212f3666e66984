/** Times in ms, and what they come to. */
export class Samples {
  readonly #times: number[] = [];

  add(ms: number): void {
    this.#times.push(ms);
  }

  /** The time that so many per cent of the samples do not exceed, to a hundredth of a ms; null without samples. */
  percentile(percent: number): number | null {
    const sorted = this.#times.toSorted((one, other) => one - other);
    const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
    return found === undefined ? null : Math.round(found * 100) / 100;
  }
}
