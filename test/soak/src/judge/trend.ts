/** A value at a time. */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** How a series went, and whether it may go so. */
export interface Trend {
  readonly median: number;
  /** What the slope makes of the whole time: how much it grew. Negative when it shrank. */
  readonly growth: number;
  readonly allowed: number;
  readonly flat: boolean;
}

/** How much a series may grow over the whole time, the larger of the two. */
export interface Allowance {
  /** Of its median. */
  readonly share: number;
  readonly absolute: number;
}

/**
 * Whether a series is flat: its slope is the median of the slopes between all pairs of points (Theil 1950, Sen 1968),
 * which a quarter of outliers does not move. Shrinking is flat.
 */
export function trendOf(points: readonly Point[], { share, absolute }: Allowance): Trend {
  const middle = median(points.map(({ value }) => value));
  const slopes = points.flatMap((one, index) =>
    points.slice(index + 1).map((other) => (other.value - one.value) / (other.atMs - one.atMs)),
  );
  const growth = slopes.length === 0 ? 0 : median(slopes) * (points.at(-1)!.atMs - points[0]!.atMs);
  const allowed = Math.max(share * middle, absolute);
  return { median: middle, growth, allowed, flat: growth <= allowed };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
