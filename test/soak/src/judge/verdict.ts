import { type Sample, type Series, seriesUnits } from "./sample.ts";
import { type Allowance, type Trend, trendOf } from "./trend.ts";

/** What may be gained after the warm-up, however long the soak goes on. */
export const allowances: Readonly<Record<Series, Allowance>> = {
  serverHeap: { share: 0.04, absolute: 1.5 },
  serverRss: { share: 0.15, absolute: 24 },
  workerHeap: { share: 0.04, absolute: 1.5 },
  workerRss: { share: 0.15, absolute: 24 },
  redisPerMessage: { share: 0.05, absolute: 5 },
  retained: { share: 0.1, absolute: 0.1 },
  keys: { share: 0.02, absolute: 20 },
  connections: { share: 0, absolute: 3 },
  channels: { share: 0.02, absolute: 20 },
};

/** Each series with its trend. */
export type Verdict = ReadonlyMap<Series, Trend>;

/** Judges what came after the warm-up. */
export function judge(samples: readonly Sample[], warmUpMs: number): Verdict {
  const warm = samples.filter(({ atMs }) => atMs >= warmUpMs);
  const names = Object.keys(seriesUnits) as Series[];
  return new Map(
    names.map((name) => {
      const points = warm.map((sample) => ({ atMs: sample.atMs, value: sample[name] }));
      return [name, trendOf(points, allowances[name])];
    }),
  );
}

/** The table that is printed. */
export function renderVerdict(verdict: Verdict): string {
  const lines = ["| series | unit | median | growth | allowed | flat |", "|---|---|--:|--:|--:|---|"];
  for (const [name, { median, growth, allowed, flat }] of verdict) {
    const numbers = [median, growth, allowed].map((value) => value.toFixed(2)).join(" | ");
    lines.push(`| ${name} | ${seriesUnits[name]} | ${numbers} | ${flat ? "yes" : "NO"} |`);
  }
  return lines.join("\n");
}
