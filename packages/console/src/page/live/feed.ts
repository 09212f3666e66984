import { TidegateError } from "@tidegate/client";
import {
  type FiguresEvent,
  type GroupDescription,
  isTopicName,
  type OverviewEvent,
  type TopicDescription,
  type TopicEvent,
  type TopicFigures,
} from "@tidegate/contracts";
import type { LiveEvent } from "./figures.ts";
import { openStream } from "./open-stream.ts";
import { append, noSeries, RateMeter, type Series, withHistory } from "./series.ts";
import { Store } from "./store.ts";

/** What the page knows of all topics, as of a second ago. */
export interface Live {
  /** `stale`: the figures are the last that were told. */
  readonly state: "connecting" | "live" | "stale";
  /** Why there is nothing newer. */
  readonly trouble: { readonly code: string; readonly detail: string } | null;
  /** When the figures were so, by the server's clock; null before the first. */
  readonly at: number | null;
  /** By name. */
  readonly topics: readonly TopicFigures[];
  readonly totals: Series;
  readonly byTopic: ReadonlyMap<string, Series>;
  /** The topic that is looked at, in detail. */
  readonly watched: Watched | null;
}

export interface Watched {
  readonly name: string;
  /** When it was told, by this browser's clock. */
  readonly toldAt: number;
  /** Null once it is deleted. */
  readonly topic: TopicDescription | null;
  readonly groups: readonly GroupDescription[];
}

const nothing: Live = {
  state: "connecting",
  trouble: null,
  at: null,
  topics: [],
  totals: noSeries,
  byTopic: new Map(),
  watched: null,
};
const firstDelayMs = 300;
const longestDelayMs = 5_000;
const beatMs = 1_000;
/** A second in which nothing was told is a second in which nothing happened. */
const quietMs = 2_200;
/** A topic that had a rate is looked at so often until it has none. */
const settleMs = 1_500;

/** The page's one stream, kept open while the page is: what it tells is in `live`. */
export class Feed {
  readonly live = new Store<Live>(nothing);
  readonly #onRefused: (error: TidegateError) => void;
  readonly #meters = new Map<string, RateMeter>();
  #token: string | null = null;
  #topic: string | null = null;
  #wanted: string | null = null;
  #connection: AbortController | null = null;
  #clockAhead = 0;
  #beat: ReturnType<typeof setInterval> | undefined;

  /** @param onRefused told when another token is needed */
  constructor(onRefused: (error: TidegateError) => void) {
    this.#onRefused = onRefused;
  }

  /** Opens the stream, anew when it is open. */
  start(token: string | null): void {
    this.#token = token;
    this.#connect();
    this.#beat ??= setInterval(() => this.#rest(), beatMs);
  }

  /** The topic to be told of in detail; null: of none. What is left and entered in one go stays open. */
  watch(topic: string | null): void {
    this.#wanted = topic !== null && isTopicName(topic) ? topic : null;
    queueMicrotask(() => {
      if (this.#wanted === this.#topic) return;
      this.#topic = this.#wanted;
      this.#change({ watched: null });
      if (this.#connection !== null) this.#connect();
    });
  }

  /** Forgets all that was told: somebody else may look next. */
  forget(): void {
    this.stop();
    this.#meters.clear();
    this.live.set(nothing);
  }

  stop(): void {
    this.#connection?.abort();
    this.#connection = null;
    clearInterval(this.#beat);
    this.#beat = undefined;
  }

  #connect(): void {
    this.#connection?.abort();
    const connection = new AbortController();
    this.#connection = connection;
    void this.#keepOpen(connection.signal);
  }

  async #keepOpen(signal: AbortSignal): Promise<void> {
    let delayMs = firstDelayMs;
    while (!signal.aborted) {
      try {
        await openStream({ token: this.#token, topic: this.#topic }, signal, (event) => {
          if (signal.aborted) return;
          delayMs = firstDelayMs;
          this.#take(event);
        });
        if (signal.aborted) return;
        this.#stale("UNREACHABLE", "The server has ended the connection");
      } catch (thrown) {
        if (signal.aborted) return;
        const error =
          thrown instanceof TidegateError ? thrown : new TidegateError("INTERNAL", String(thrown));
        this.#stale(error.code, error.message);
        if (error.code === "UNAUTHORIZED" || error.code === "FORBIDDEN") {
          this.#connection = null;
          this.#onRefused(error);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      delayMs = Math.min(longestDelayMs, delayMs * 2);
    }
  }

  #take(told: LiveEvent): void {
    if (told.event === "overview") this.#takeOverview(told.data);
    else if (told.event === "figures") this.#takeFigures(told.data);
    else if (told.event === "topic") this.#takeTopic(told.data);
    else this.#stale(told.data.code, told.data.detail ?? told.data.code);
  }

  #takeOverview({ at, topics, history }: OverviewEvent): void {
    this.#clockAhead = at - Date.now();
    const names = new Set(topics.map(({ name }) => name));
    const byTopic = new Map([...this.live.get().byTopic].filter(([name]) => names.has(name)));
    this.#note(byTopic, topics, at);
    this.#change({ state: "live", trouble: null, at, topics, totals: { ...history, lags: {} }, byTopic });
  }

  #takeFigures({ at, topics, gone, published, drained, lag }: FiguresEvent): void {
    this.#clockAhead = at - Date.now();
    const live = this.live.get();
    const all = new Map(live.topics.map((topic) => [topic.name, topic]));
    const byTopic = new Map(live.byTopic);
    for (const name of gone) {
      all.delete(name);
      byTopic.delete(name);
      this.#meters.delete(name);
    }
    for (const topic of topics) all.set(topic.name, topic);
    this.#note(byTopic, topics, at);
    this.#settle(byTopic, all.values(), at);
    const totals = append(live.totals, { at, published, drained, lag });
    const sorted = [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#change({ state: "live", trouble: null, at, topics: sorted, totals, byTopic });
  }

  #takeTopic({ topic, groups, history }: TopicEvent): void {
    const name = this.#topic;
    if (name === null) return;
    const watched = { name, toldAt: Date.now(), topic, groups };
    if (history === undefined) this.#change({ state: "live", trouble: null, watched });
    else {
      const { byTopic } = this.live.get();
      const series = withHistory(byTopic.get(name) ?? noSeries, history);
      this.#change({ state: "live", trouble: null, watched, byTopic: new Map(byTopic).set(name, series) });
    }
  }

  #note(byTopic: Map<string, Series>, topics: Iterable<TopicFigures>, at: number): void {
    for (const topic of topics) {
      const meter = this.#meters.get(topic.name) ?? new RateMeter();
      this.#meters.set(topic.name, meter);
      byTopic.set(topic.name, append(byTopic.get(topic.name) ?? noSeries, meter.take(topic, at)));
    }
  }

  /** Nobody tells of what no longer changes: what had a rate comes down to none. */
  #settle(byTopic: Map<string, Series>, topics: Iterable<TopicFigures>, at: number): void {
    const moved = [...topics].filter(({ name }) => {
      const series = byTopic.get(name);
      if (series === undefined || at - series.at.at(-1)! < settleMs) return false;
      return Boolean(series.published.at(-1)) || Boolean(series.drained.at(-1));
    });
    this.#note(byTopic, moved, at);
  }

  /** Nothing told is nothing new: the charts go on. */
  #rest(): void {
    const { state, totals, topics, byTopic } = this.live.get();
    const at = Date.now() + this.#clockAhead;
    if (state !== "live" || at - (totals.at.at(-1) ?? at) < quietMs) return;
    const rested = new Map(byTopic);
    this.#settle(rested, topics, at);
    const lag = totals.lag.at(-1) ?? 0;
    this.#change({ totals: append(totals, { at, published: 0, drained: 0, lag }), byTopic: rested });
  }

  #stale(code: string, detail: string): void {
    this.#change({ state: this.live.get().at === null ? "connecting" : "stale", trouble: { code, detail } });
  }

  #change(change: Partial<Live>): void {
    this.live.set({ ...this.live.get(), ...change });
  }
}
