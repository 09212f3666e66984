const width = 96;
const height = 26;

interface SparklineProps {
  at: readonly number[];
  values: readonly (number | null)[];
  /** The right edge, by the clock of `at`. */
  until: number;
  spanMs?: number;
  label: string;
}

/** How a number went lately, as large as a word. */
export function Sparkline({ at, values, until, spanMs = 120_000, label }: SparklineProps) {
  const from = until - spanMs;
  const first = at.findIndex((time) => time >= from);
  const top = Math.max(1, ...(first < 0 ? [] : values.slice(first).map((value) => value ?? 0)));
  const points: string[] = [];
  if (first >= 0) {
    for (let index = first; index < at.length; index++) {
      const x = ((at[index]! - from) / spanMs) * width;
      const y = height - 1.5 - ((values[index] ?? 0) / top) * (height - 4);
      points.push(`${x.toFixed(1)},${y.toFixed(1)}`);
    }
  }
  return (
    <svg
      className="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <line x1="0" x2={width} y1={height - 1} y2={height - 1} className="sparkline-base" />
      {points.length > 1 && <polyline points={points.join(" ")} />}
    </svg>
  );
}
