import type { TopicEvent, TopicFigures } from "@tidegate/contracts";

/** What is kept of the past. */
const keptMs = 600_000;
/** Figures come about a second apart, not exactly: over less than this, rates would jump. */
const rateOverMs = 5_000;

export type Values = readonly (number | null)[];

/** Values over time, null where nothing is known. Every list is as long as `at`, which is in ms. */
export interface Series {
  readonly at: readonly number[];
  /** Messages a second. */
  readonly published: Values;
  readonly drained: Values;
  readonly lag: Values;
  /** The lag of each group. */
  readonly lags: Readonly<Record<string, Values>>;
}

export const noSeries: Series = { at: [], published: [], drained: [], lag: [], lags: {} };

/** What is known of one moment. */
export interface Sample {
  readonly at: number;
  readonly published: number | null;
  readonly drained: number | null;
  readonly lag: number;
  readonly lags?: Readonly<Record<string, number>>;
}

/** The series with one more moment, and without what is too old. */
export function append({ at, published, drained, lag, lags }: Series, sample: Sample): Series {
  const cut = at.findIndex((time) => time > sample.at - keptMs);
  const from = cut < 0 ? at.length : cut;
  const length = at.length - from;
  const grown: Record<string, Values> = {};
  for (const name of new Set([...Object.keys(lags), ...Object.keys(sample.lags ?? {})])) {
    const past = lags[name]?.slice(from) ?? Array<null>(length).fill(null);
    grown[name] = [...past, sample.lags?.[name] ?? null];
  }
  return {
    at: [...at.slice(from), sample.at],
    published: [...published.slice(from), sample.published],
    drained: [...drained.slice(from), sample.drained],
    lag: [...lag.slice(from), sample.lag],
    lags: grown,
  };
}

/** The series of a topic with what the server remembers of the time before it. */
export function withHistory(series: Series, history: NonNullable<TopicEvent["history"]>): Series {
  const first = series.at[0] ?? Number.POSITIVE_INFINITY;
  const found = history.at.findIndex((time) => time >= first);
  const before = found < 0 ? history.at.length : found;
  const names = [...new Set([...Object.keys(history.lags), ...Object.keys(series.lags)])];
  const none = Array<null>(before).fill(null);
  const after = series.at.map(() => null);
  return {
    at: [...history.at.slice(0, before), ...series.at],
    published: [...history.published.slice(0, before), ...series.published],
    drained: [...drainedOf(history).slice(0, before), ...series.drained],
    lag: [
      ...history.at.slice(0, before).map((_, index) => sumAt(Object.values(history.lags), index)),
      ...series.lag,
    ],
    lags: Object.fromEntries(
      names.map((name) => [
        name,
        [...(history.lags[name]?.slice(0, before) ?? none), ...(series.lags[name] ?? after)],
      ]),
    ),
  };
}

/** What came and did not stay was drained: by each group by itself. */
function drainedOf({ at, published, lags }: NonNullable<TopicEvent["history"]>): Values {
  let from = 0;
  return at.map((time, index) => {
    while (from < index && at[from + 1]! <= time - rateOverMs) from += 1;
    const came = published[index] ?? null;
    if (from === index || came === null) return null;
    const seconds = (time - at[from]!) / 1_000;
    return Object.values(lags).reduce((sum, lag) => {
      const [before, now] = [lag[from] ?? null, lag[index] ?? null];
      return before === null || now === null ? sum : sum + Math.max(0, came - (now - before) / seconds);
    }, 0);
  });
}

function sumAt(lists: readonly Values[], index: number): number {
  return lists.reduce((sum, values) => sum + (values[index] ?? 0), 0);
}

/** How far a topic and its groups had come at a moment. */
interface Progress {
  readonly at: number;
  readonly end: number;
  readonly ends: Readonly<Record<string, number>>;
}

/** What was not told of for longer had not changed until a second before it was. */
const quietMs = 2_500;

/** Makes rates of the figures of one topic, as they come. */
export class RateMeter {
  #past: Progress[] = [];

  /** The moment, with the rates of the seconds before it. What goes back, as by a seek, counts nothing. */
  take(topic: TopicFigures, at: number): Sample {
    const lags = Object.fromEntries(topic.groups.map(({ name, lag }) => [name, lag]));
    const ends = Object.fromEntries(topic.groups.map(({ name, lag }) => [name, topic.end - lag]));
    const last = this.#past.at(-1);
    if (last !== undefined && at - last.at > quietMs) this.#past = [{ ...last, at: at - 1_000 }];
    const now = { at, end: topic.end, ends };
    this.#past.push(now);
    while (this.#past.length > 2 && this.#past[1]!.at <= at - rateOverMs) this.#past.shift();
    const lag = Object.values(lags).reduce((sum, value) => sum + value, 0);
    const [first] = this.#past;
    if (first === undefined || first === now) return { at, published: null, drained: null, lag, lags };
    const seconds = Math.max(0.2, (at - first.at) / 1_000);
    const drained = Object.entries(ends).reduce((sum, [name, end]) => {
      const before = first.ends[name];
      return before === undefined ? sum : sum + Math.max(0, end - before);
    }, 0);
    return {
      at,
      published: Math.max(0, topic.end - first.end) / seconds,
      drained: drained / seconds,
      lag,
      lags,
    };
  }
}
