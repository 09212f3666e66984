import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { shortText } from "../format/numbers.ts";
import { useTheme } from "../shell/theme.ts";

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Which of the page's colours of lines. */
  readonly colour: string;
  readonly filled?: boolean;
  readonly dashed?: boolean;
}

interface ChartProps {
  label: string;
  /** Milliseconds since 1970. */
  at: readonly number[];
  lines: readonly Line[];
  /** Of a value in the legend. */
  show: (value: number) => string;
  height?: number;
  spanMs?: number;
  /** The right edge; default: the last sample. */
  until?: number | null;
}

/** A minute at least, or a single sample would be all of the picture. */
const shortestSeconds = 60;

/** Numbers over time, drawn as they come. Its legend tells the values under the pointer, or the latest. */
export function Chart({ label, at, lines, show, height = 180, spanMs = 300_000, until = null }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme();
  const names = lines.map(({ name, colour }) => `${name}\u0000${colour}`).join("\u0001");
  const latest = useRef({ lines, show });
  latest.current = { lines, show };
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is made anew only where its lines or its colours are others
  useEffect(() => {
    const found = place.current;
    if (found === null) return;
    const made = new uPlot(
      options(found, latest.current.lines, height, (value) => latest.current.show(value)),
      [[]],
      found,
    );
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: found.clientWidth, height }));
    sizes.observe(found);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [names, height, theme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot that was made anew has no values yet
  useEffect(() => {
    const made = plot.current;
    if (made === null) return;
    const end = (until ?? at.at(-1) ?? Date.now()) / 1_000;
    // A past that is not known is not drawn.
    const known = end - (at[0] ?? Number.NEGATIVE_INFINITY) / 1_000;
    const span = Math.min(spanMs / 1_000, Math.max(shortestSeconds, known));
    // Nothing was told since: it is as it was.
    const still = (at.at(-1) ?? end * 1_000) < end * 1_000 - 1;
    const goOn = <Value,>(values: readonly Value[], last: Value) => (still ? [...values, last] : [...values]);
    made.setData(
      [
        goOn(
          at.map((time) => time / 1_000),
          end,
        ),
        ...lines.map(({ values }) => goOn(values, values.at(-1) ?? null)),
      ] as uPlot.AlignedData,
      false,
    );
    made.setScale("x", { min: end - span, max: end });
    if (made.cursor.idx === null || made.cursor.idx === undefined)
      made.setLegend({ idx: made.data[0].length - 1 });
  }, [at, lines, spanMs, until, names, height, theme]);
  return <div className="chart" role="img" aria-label={label} ref={place} />;
}

function options(
  place: HTMLElement,
  lines: readonly Line[],
  height: number,
  show: (value: number) => string,
): uPlot.Options {
  const styles = getComputedStyle(place);
  const colour = (name: string) => styles.getPropertyValue(`--${name}`).trim();
  const font = `11px ${styles.fontFamily}`;
  const axis = {
    stroke: colour("muted"),
    font,
    grid: { stroke: colour("grid"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: place.clientWidth,
    height,
    padding: [10, 22, 0, 0],
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    legend: { live: true, isolate: false, markers: { width: 0, fill: markerColour } },
    hooks: {
      // Nobody points at anything: then it tells the latest.
      setCursor: [(made) => made.cursor.idx == null && made.setLegend({ idx: made.data[0].length - 1 })],
    },
    scales: { x: { time: true }, y: { range: (_, __, top) => [0, Math.max(1, (top ?? 0) * 1.1)] } },
    axes: [
      { ...axis, size: 26, gap: 6, space: 72, values: (_, splits) => splits.map(clockText) },
      {
        ...axis,
        size: 48,
        gap: 6,
        incrs: steps,
        values: (_, splits) => splits.map((value) => shortText(value)),
      },
    ],
    series: [
      { label: "Time", value: (_, at) => (at === null || at === undefined ? "" : clockText(at)) },
      ...lines.map(({ name, colour: line, filled, dashed }) => ({
        label: name,
        stroke: colour(line),
        width: 1.75,
        ...(dashed && { dash: [5, 4] }),
        ...(filled && { fill: colour(`${line}-fill`) }),
        points: { show: false },
        spanGaps: true,
        value: (_: uPlot, value: number | null) =>
          value === null || value === undefined ? "–" : show(value),
      })),
    ],
  };
}

/** Between two lines of the grid: what is read at a glance. */
const steps = Array.from({ length: 13 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** (power - 1)),
).flat();

function markerColour(made: uPlot, series: number): string {
  const { stroke } = made.series[series]!;
  return String(typeof stroke === "function" ? stroke(made, series) : (stroke ?? ""));
}

function clockText(seconds: number): string {
  return new Date(seconds * 1_000).toTimeString().slice(0, 8);
}
