/** So far back it goes, and so many times it keeps at most. */
const keptMs = 600_000;
const keptTimes = 660;
/** Columns beyond these are not kept: each takes some 5 KB. */
const mostColumns = 2_000;
/** Figures come about a second apart, not exactly: over less than this, rates would jump. */
const rateOverMs = 5_000;

/** Numbers by name, as they were at the times of the last ten minutes. */
export class History {
  readonly #at: number[] = [];
  readonly #columns = new Map<string, (number | null)[]>();

  /** When values were added, in order. */
  get times(): readonly number[] {
    return this.#at;
  }

  add(at: number, values: ReadonlyMap<string, number>): void {
    for (const name of values.keys()) {
      if (this.#columns.has(name) || this.#columns.size >= mostColumns) continue;
      this.#columns.set(
        name,
        this.#at.map(() => null),
      );
    }
    this.#at.push(at);
    for (const [name, column] of this.#columns) column.push(values.get(name) ?? null);
    while (this.#at.length > keptTimes || this.#at[0]! < at - keptMs) this.#dropFirst();
  }

  /** The values of a column, null where it had none. */
  values(name: string): (number | null)[] {
    return [...(this.#columns.get(name) ?? this.#at.map(() => null))];
  }

  /** How fast a column that only grows did so in the seconds before each time, a second. */
  rates(name: string): (number | null)[] {
    const column = this.#columns.get(name);
    if (column === undefined) return this.#at.map(() => null);
    let from = 0;
    return this.#at.map((at, index) => {
      while (from < index && this.#at[from + 1]! <= at - rateOverMs) from += 1;
      const [before, value] = [column[from] ?? null, column[index] ?? null];
      if (from === index || before === null || value === null) return null;
      return (Math.max(0, value - before) * 1000) / (at - this.#at[from]!);
    });
  }

  #dropFirst(): void {
    this.#at.shift();
    for (const [name, column] of this.#columns) {
      column.shift();
      if (column.every((value) => value === null)) this.#columns.delete(name);
    }
  }
}
