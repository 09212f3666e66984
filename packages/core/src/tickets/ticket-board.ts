import { isFinal, type TidegateError } from "@tidegate/contracts";
import type { Context } from "../context.ts";
import type { GroupRegistry } from "../group-verbs/group-registry.ts";
import { resultsChannel } from "../keys.ts";
import { requireInteger } from "../require.ts";
import { addressOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { TopicCache, Topics } from "../topics/topics.ts";
import type { Waker } from "../wake/waker.ts";
import { TicketDirectory } from "./ticket-directory.ts";
import { TicketLooks } from "./ticket-looks.ts";
import type { TicketPlace, TicketStanding } from "./ticket-standing.ts";
import { TicketWatch, type Viewer } from "./ticket-watch.ts";

/** How long to wait for a ticket, and for what. */
export interface TicketWait {
  /** 0 ms to a day. */
  readonly timeoutMs: number;
  /** `change`: of the state, seen from now. `final`: done or failed. */
  readonly until: "change" | "final";
  readonly signal?: AbortSignal | undefined;
}

const longestWaitMs = 24 * 60 * 60 * 1000;

/** What tickets tell: where messages stand for the group that their topic names, and what became of them. */
export class TicketBoard {
  readonly #context: Context;
  readonly #directory: TicketDirectory;
  readonly #looks: TicketLooks;
  readonly #waker: Waker;
  readonly #watches = new Map<string, TicketWatch>();
  readonly #onStop = new Set<() => void>();
  #stopped = false;
  /** Whether watching costs nothing while nothing happens; else it is a poll that ought to be bounded. */
  readonly mayWatch: boolean;

  constructor(
    context: Context,
    topics: Topics,
    registry: GroupRegistry,
    waker: Waker,
    cache: TopicCache,
    mayWatch: boolean,
  ) {
    this.#context = context;
    this.#directory = new TicketDirectory(context, topics, registry, cache);
    this.#looks = new TicketLooks(context, this.#directory);
    this.#waker = waker;
    this.mayWatch = mayWatch;
    topics.onGone((_name, known) => known && this.#directory.forget(known.topicId));
  }

  /** What a ticket tells now: one round trip, whatever the backlog. @throws TOPIC_NOT_FOUND */
  look(place: TicketPlace): Promise<TicketStanding> {
    return this.#looks.look(place);
  }

  /**
   * What a ticket tells once its state has changed or is final, or when the time is over. An outage of Redis in between is
   * waited out. @throws TOPIC_NOT_FOUND
   */
  async wait(place: TicketPlace, { timeoutMs, until, signal }: TicketWait): Promise<TicketStanding> {
    requireInteger("timeoutMs", timeoutMs, 0, longestWaitMs);
    const first = await this.look(place);
    if (isFinal(first.state) || timeoutMs === 0) return first;
    const over = new AbortController();
    const end = () => over.abort();
    const timer = setTimeout(end, timeoutMs);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
    try {
      let last = first;
      for await (const standing of this.watch(place, over.signal, first)) {
        last = standing;
        if (isFinal(last.state) || (until === "change" && last.state !== first.state)) break;
      }
      return last;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  }

  /**
   * Tells what each look at a ticket finds until it is final, the signal fires or the engine stops; who is slow gets the
   * latest only. All viewers of a partition in this process share one look. `first` is what is known already.
   * @throws TOPIC_NOT_FOUND
   */
  async *watch(
    place: TicketPlace,
    signal: AbortSignal,
    first?: TicketStanding,
  ): AsyncGenerator<TicketStanding, void, undefined> {
    const known = first ?? (await this.look(place));
    if (first === undefined) yield known;
    if (isFinal(known.state)) return;
    const { topic } = await this.#directory.find(place.topicId);
    let latest: TicketStanding | null = null;
    let gone: TidegateError | null = null;
    let wake: () => void = () => {};
    const viewer: Viewer = {
      place: known.offset === null ? place : { ...place, offset: known.offset },
      seen: known,
      onLook: (standing) => {
        latest = standing;
        wake();
      },
      onGone: (error) => {
        gone = error;
        wake();
      },
    };
    const onEnd = () => wake();
    signal.addEventListener("abort", onEnd, { once: true });
    this.#onStop.add(onEnd);
    const leave = this.#watchOf(topic, place.partition).add(viewer);
    try {
      for (;;) {
        if (signal.aborted || this.#stopped) return;
        if (gone !== null) throw gone;
        const standing: TicketStanding | null = latest;
        latest = null;
        if (standing === null) await new Promise<void>((resolve) => (wake = resolve));
        else {
          yield standing;
          if (isFinal((standing as TicketStanding).state)) return;
        }
      }
    } finally {
      leave();
      this.#onStop.delete(onEnd);
      signal.removeEventListener("abort", onEnd);
    }
  }

  /** Ends every wait and watch. Idempotent. */
  stop(): void {
    this.#stopped = true;
    for (const onEnd of this.#onStop) onEnd();
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }

  #watchOf(topic: Topic, partition: number): TicketWatch {
    const { topicId } = topic;
    const key = `${partition} ${topicId}`;
    const known = this.#watches.get(key);
    if (known !== undefined) return known;
    const channel = resultsChannel(this.#context.space, addressOf(topic, partition));
    const watch = new TicketWatch(topicId, partition, channel, this.#looks, this.#waker, () =>
      this.#watches.delete(key),
    );
    this.#watches.set(key, watch);
    return watch;
  }
}
