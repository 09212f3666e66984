import { Counter, type Registry } from "prom-client";

/** One time series of a tally. */
export interface Cell {
  add(count: number): void;
  remove(): void;
}

/**
 * A counter for the delivery path: its series are plain numbers, which the registry is told at a scrape. A child of prom-client's
 * own makes a string of its labels at each count.
 */
export class Tally {
  readonly #counter: Counter;
  readonly #cells = new Set<PlainCell>();

  constructor(registry: Registry, name: string, help: string, labelNames: readonly string[]) {
    this.#counter = new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect: () => {
        for (const cell of this.#cells) cell.flush();
      },
    });
  }

  /** Its series with these labels, which is told from now on: the increase of what appears later is not seen. */
  cell(labels: Readonly<Record<string, string>>): Cell {
    const cell = new PlainCell(this.#counter, { ...labels }, () => this.#cells.delete(cell));
    this.#cells.add(cell);
    return cell;
  }
}

class PlainCell implements Cell {
  readonly #counter: Counter;
  readonly #labels: Record<string, string>;
  readonly #onRemove: () => void;
  #count = 0;

  constructor(counter: Counter, labels: Record<string, string>, onRemove: () => void) {
    this.#counter = counter;
    this.#labels = labels;
    this.#onRemove = onRemove;
  }

  add(count: number): void {
    this.#count += count;
  }

  flush(): void {
    this.#counter.inc(this.#labels, this.#count);
    this.#count = 0;
  }

  remove(): void {
    this.#onRemove();
    this.#counter.remove(this.#labels);
  }
}
