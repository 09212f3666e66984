import { type OverviewEvent, TidegateError } from "@tidegate/contracts";
import type { Engine, Overview, TopicFigures } from "@tidegate/core";
import { asTidegateError } from "../problem.ts";
import { History } from "./history.ts";
import { Totals } from "./totals.ts";
import { Viewer } from "./viewer.ts";
import { WatchedTopic } from "./watched-topic.ts";

/** How an overview is kept. */
export interface OverviewHubOptions {
  /** How often all topics are looked at while a page looks on, in ms. Default 1,000. */
  readonly everyMs?: number | undefined;
  /** The same while no page does, so that one that comes sees how things went before; null for not at all. Default 10,000. */
  readonly idleEveryMs?: number | null | undefined;
  /** Commands that it may send in a second, on average and whatever the number of pages. Default 15. */
  readonly callsASecond?: number | undefined;
  /** Pages that may look on at once. Default 200. */
  readonly mostViewers?: number | undefined;
}

/** After how long without an answer Redis is not asked, but said to be gone. */
const redisSilenceMs = 2_000;
/** Seconds of its commands that it may save up, for a look at all partitions of a topic. */
const savedSeconds = 100;

/**
 * Tells any number of pages how all topics stand: looks once for all of them, at a cost that grows with neither the pages nor the partitions.
 * What a page has on screen is looked at closer, as often as the commands allow.
 */
export class OverviewHub {
  readonly #engine: Engine;
  readonly #everyMs: number;
  readonly #idleEveryMs: number | null;
  readonly #callsASecond: number;
  readonly #mostViewers: number;
  readonly #viewers = new Set<Viewer>();
  readonly #watched = new Map<string, WatchedTopic>();
  readonly #history = new History();
  readonly #totals = new Totals();
  #last: Overview | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #underWay: Promise<void> | null = null;
  #running = false;
  #calls = 0;

  constructor(engine: Engine, options: OverviewHubOptions = {}) {
    this.#engine = engine;
    this.#everyMs = options.everyMs ?? 1_000;
    this.#idleEveryMs = options.idleEveryMs === undefined ? 10_000 : options.idleEveryMs;
    this.#callsASecond = options.callsASecond ?? 15;
    this.#mostViewers = options.mostViewers ?? 200;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(0);
  }

  /** Idempotent; waits for what is under way. The streams end by the signals that they were given. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#underWay;
  }

  /** Events for one page, which has a topic on screen or none. @throws OVERLOADED */
  open(watched: string | null, ends: readonly AbortSignal[]): ReadableStream<Uint8Array> {
    if (this.#viewers.size >= this.#mostViewers)
      throw new TidegateError("OVERLOADED", "As many pages look on as this server allows", {
        limit: this.#mostViewers,
      });
    const viewer = new Viewer(watched, ends, (ended) => this.#leave(ended));
    this.#viewers.add(viewer);
    if (ends.some(({ aborted }) => aborted)) this.#leave(viewer);
    else this.#enter(viewer);
    return viewer.stream;
  }

  #enter(viewer: Viewer): void {
    const { watched } = viewer;
    if (watched !== null && !this.#watched.has(watched))
      this.#watched.set(watched, new WatchedTopic(this.#engine, watched));
    if (this.#underWay === null) this.#schedule(0);
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    const { watched } = viewer;
    if (watched === null || [...this.#viewers].some((other) => other.watched === watched)) return;
    this.#watched.delete(watched);
  }

  #schedule(pauseMs: number): void {
    if (!this.#running) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#underWay = this.#look().finally(() => {
        this.#underWay = null;
        const pause = this.#viewers.size > 0 ? this.#everyMs : this.#idleEveryMs;
        if (pause !== null) this.#schedule(pause);
      });
    }, pauseMs);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  async #look(): Promise<void> {
    const perLook = (this.#callsASecond * this.#everyMs) / 1_000;
    this.#calls = Math.min(this.#calls + perLook, this.#callsASecond * savedSeconds);
    try {
      if (await this.#engine.isRedisSilent(redisSilenceMs)) throw new TidegateError("REDIS_UNAVAILABLE");
      this.#calls -= 1;
      const seen = await this.#engine.figures.read();
      const { changed, gone } = this.#totals.add(seen);
      this.#last = seen;
      this.#history.add(seen.at, columnsOf(this.#totals, seen.topics));
      this.#tell(seen, changed, gone);
      await this.#lookCloser();
    } catch (error) {
      const { code, message, retryable, status } = asTidegateError(error);
      for (const viewer of this.#viewers) {
        viewer.troubled = true;
        viewer.send("problem", { code, detail: message, retryable, status });
      }
    }
  }

  #tell(seen: Overview, changed: readonly TopicFigures[], gone: readonly string[]): void {
    const rates = { published: this.#history.rates("published"), drained: this.#history.rates("drained") };
    const sums = {
      published: rates.published.at(-1) ?? null,
      drained: rates.drained.at(-1) ?? null,
      lag: this.#totals.lag,
    };
    const quiet = changed.length === 0 && gone.length === 0 && !sums.published && !sums.drained;
    for (const viewer of this.#viewers) {
      if (!viewer.begun) {
        const history: OverviewEvent["history"] = {
          at: [...this.#history.times],
          ...rates,
          lag: this.#history.values("lag"),
        };
        viewer.begun = viewer.send("overview", { ...seen, history });
        continue;
      }
      // Who was told of a problem is told that it is over, even where nothing has changed meanwhile.
      if (quiet && viewer.missed.size === 0 && !viewer.troubled) continue;
      const names = new Set([...viewer.missed, ...changed.map(({ name }) => name), ...gone]);
      const topics = seen.topics.filter(({ name }) => names.has(name));
      for (const { name } of topics) names.delete(name);
      const told = viewer.send("figures", { at: seen.at, topics, gone: [...names], ...sums });
      if (told) viewer.troubled = false;
      if (told) viewer.missed.clear();
      else for (const { name } of [...changed, ...gone.map((name) => ({ name }))]) viewer.missed.add(name);
    }
  }

  /** Looks at what pages have on screen, what was looked at longest ago first, as far as the commands go. */
  async #lookCloser(): Promise<void> {
    const byAge = [...this.#watched.values()].sort((one, other) => one.readAt - other.readAt);
    for (const watched of byAge) {
      if (this.#calls < watched.cost) break;
      this.#calls -= watched.cost;
      const event = await watched.read();
      for (const viewer of this.#viewers) {
        if (viewer.watched !== watched.name) continue;
        const history = viewer.topicBegun ? {} : { history: this.#historyOf(watched.name) };
        viewer.topicBegun = viewer.send("topic", { ...event, ...history }) || viewer.topicBegun;
      }
    }
    const [stalest] = byAge
      .flatMap((watched) => (watched.stalest === null ? [] : [{ watched, ...watched.stalest }]))
      .sort((one, other) => one.readAt - other.readAt);
    if (stalest === undefined || this.#calls < stalest.cost) return;
    if (Date.now() - stalest.readAt < 2 * this.#everyMs) return;
    this.#calls -= stalest.cost;
    await stalest.watched.readHolders(stalest.group);
  }

  #historyOf(topic: string) {
    const groups = this.#last?.topics.find(({ name }) => name === topic)?.groups ?? [];
    return {
      at: [...this.#history.times],
      published: this.#history.rates(`${topic}/`),
      lags: Object.fromEntries(groups.map(({ name }) => [name, this.#history.values(`${topic}/${name}`)])),
    };
  }
}

/** The columns of the history: the sums, and of each topic its end and its groups' lags. */
function columnsOf(totals: Totals, topics: readonly TopicFigures[]): Map<string, number> {
  const columns = new Map<string, number>([
    ["published", totals.published],
    ["drained", totals.drained],
    ["lag", totals.lag],
  ]);
  for (const topic of topics) {
    // A topic may be called as a sum is, but has no slash.
    columns.set(`${topic.name}/`, topic.end);
    for (const { name, lag } of topic.groups) columns.set(`${topic.name}/${name}`, lag);
  }
  return columns;
}
