import type { Metric, MetricObjectWithValues, MetricValueWithName, Registry } from "prom-client";

type Told = Omit<MetricObjectWithValues<MetricValueWithName<string>>, "collect" | "type"> & {
  readonly type: "histogram";
};

/** One time series of durations. */
export interface DurationCell {
  observe(seconds: number): void;
  remove(): void;
}

/**
 * A histogram for the delivery path: to observe is a search among its buckets and three additions, while prom-client's own makes a
 * string of the labels and an object each time. A registry takes it as one of its own.
 */
export class Durations {
  readonly name: string;
  readonly #help: string;
  readonly #buckets: readonly number[];
  readonly #cells = new Set<Buckets>();

  /** @param buckets upper bounds in seconds, ascending */
  constructor(registry: Registry, name: string, help: string, buckets: readonly number[]) {
    this.name = name;
    this.#help = help;
    this.#buckets = buckets;
    // What a registry asks of a metric is its name, `get` and `reset`.
    registry.registerMetric(this as unknown as Metric);
  }

  /** Its series with these labels; told once something was observed. */
  cell(labels: Readonly<Record<string, string>>): DurationCell {
    const cell = new Buckets(this.#buckets, { ...labels }, () => this.#cells.delete(cell));
    this.#cells.add(cell);
    return cell;
  }

  /** What a registry tells of it. */
  async get(): Promise<Told> {
    const values = [...this.#cells].flatMap((cell) => cell.values(this.name));
    return { name: this.name, help: this.#help, type: "histogram", aggregator: "sum", values };
  }

  reset(): void {
    for (const cell of this.#cells) cell.reset();
  }
}

class Buckets implements DurationCell {
  readonly #bounds: readonly number[];
  readonly #labels: Record<string, string>;
  readonly #onRemove: () => void;
  /** One for each bound, and one for what is beyond. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[], labels: Record<string, string>, onRemove: () => void) {
    this.#bounds = bounds;
    this.#labels = labels;
    this.#onRemove = onRemove;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    const bounds = this.#bounds;
    let index = 0;
    // Most are short.
    while (index < bounds.length && seconds > bounds[index]!) index += 1;
    this.#counts[index]! += 1;
    this.#sum += seconds;
  }

  remove(): void {
    this.#onRemove();
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sum = 0;
  }

  values(name: string): MetricValueWithName<string>[] {
    const labels = this.#labels;
    let count = 0;
    const buckets = Array.from(this.#counts, (inBucket, index) => {
      count += inBucket;
      const le = this.#bounds[index] ?? "+Inf";
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
    });
    if (count === 0) return [];
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
