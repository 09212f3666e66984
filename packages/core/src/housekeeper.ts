import { type Context, run } from "./context.ts";
import type { Figures } from "./figures/figures.ts";
import type { GroupRegistry } from "./group-verbs/group-registry.ts";
import { partitionKeys } from "./keys.ts";
import type { LineStanding } from "./line/line.ts";
import type { Lines } from "./line/lines.ts";
import { keepPartition } from "./redis/scripts.gen.ts";
import { addressOf } from "./topics/partition-fields.ts";
import type { Topic } from "./topics/topic.ts";
import type { Topics } from "./topics/topics.ts";

/** Delayed messages promoted, or marks trimmed, in one call. */
const stepsACall = 100;
const callsAVisit = 50;
const shortestPauseMs = 100;
/** Every partition is visited at least so often. */
const roundEveryMs = 60_000;
/** A waiting line in which somebody may be called. */
const lineEveryMs = 250;
/** Dead-letter logs are visited in every so many rounds. */
const deadLettersEveryRounds = 10;

/** A partition, and when something is next due there by this process's clock. */
interface Visit {
  readonly topic: Topic;
  readonly partition: number;
  at: number;
  /** Where it stood at the last visit; null before the first. */
  place: string | null;
}

/** A topic that may have a waiting line, and when that is next to be moved on. */
interface LineVisit {
  readonly topic: string;
  at: number;
}

/**
 * Does what no append or acquire happens to do: promotes delayed messages, trims logs that nobody touches, and
 * moves waiting lines on. Between its rounds it goes where something is due. Every process may run one; they do not get in each other's way.
 */
export class Housekeeper {
  readonly #context: Context;
  readonly #topics: Topics;
  readonly #groups: GroupRegistry;
  readonly #lines: Lines;
  readonly #figures: Figures;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #underWay: Promise<void> | null = null;
  #running = false;
  #visits: Visit[] = [];
  #lineVisits: LineVisit[] = [];
  #rounds = 0;
  #nextRoundAt = 0;

  constructor(context: Context, topics: Topics, groups: GroupRegistry, lines: Lines, figures: Figures) {
    this.#context = context;
    this.#topics = topics;
    this.#groups = groups;
    this.#lines = lines;
    this.#figures = figures;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(shortestPauseMs);
  }

  /** Idempotent; waits for what is under way. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#underWay?.catch(() => {});
  }

  /** One bounded round over all partitions, and now and then over the dead-letter logs. */
  async keep(): Promise<void> {
    const topics = await this.#topics.list();
    const places = new Map(this.#visits.map((visit) => [placeName(visit), visit.place]));
    const visits = topics.flatMap((topic) =>
      Array.from({ length: topic.partitions }, (_, partition) => {
        const place = places.get(placeName({ topic, partition })) ?? null;
        return { topic, partition, at: 0, place };
      }),
    );
    for (const visit of visits) await this.#visit(visit);
    const lineVisits = topics.filter(({ gate }) => gate !== null).map(({ name }) => ({ topic: name, at: 0 }));
    for (const visit of lineVisits) await this.#moveLine(visit);
    if (this.#context.touched !== null) await this.#figures.forgetOthers(topics.map(({ name }) => name));
    if (this.#rounds % deadLettersEveryRounds === 0) await this.#keepDeadLetters(topics);
    this.#rounds += 1;
    this.#visits = visits;
    this.#lineVisits = lineVisits;
    this.#nextRoundAt = Date.now() + roundEveryMs;
  }

  async #keepWhatIsDue(): Promise<void> {
    const now = Date.now();
    if (now >= this.#nextRoundAt) return this.keep();
    for (const visit of this.#visits) if (visit.at <= now) await this.#visit(visit);
    for (const visit of this.#lineVisits) if (visit.at <= now) await this.#moveLine(visit);
  }

  /** A topic without a line is looked at again in the next round; so is a line that cannot be moved now. */
  async #moveLine(visit: LineVisit): Promise<void> {
    const standing = await this.#lines.advance(visit.topic).catch(() => null);
    visit.at = Date.now() + (standing === null ? roundEveryMs : untilLineMoves(standing));
  }

  async #visit(visit: Visit): Promise<void> {
    const { pauseMs, place } = await this.#keepPartition(visit.topic, visit.partition);
    visit.at = Date.now() + pauseMs;
    // Somebody who keeps no figures, or died before he did, moved it.
    if (place !== null && place !== visit.place)
      this.#context.touched?.addUnknown(visit.topic, visit.partition);
    visit.place = place;
  }

  async #keepDeadLetters(topics: readonly Topic[]): Promise<void> {
    for (const topic of topics) {
      for (const group of await this.#groups.list(topic)) {
        for (let partition = 0; partition < topic.partitions; partition += 1) {
          await this.#keepPartition(topic, partition, group.name);
        }
      }
    }
  }

  /** In how many milliseconds something is next due there, and where it stands. A log that is not there is nobody's business. */
  async #keepPartition(
    topic: Topic,
    partition: number,
    deadLettersOf?: string,
  ): Promise<{ pauseMs: number; place: string | null }> {
    const address = addressOf(topic, partition);
    const { channel, ...keys } = partitionKeys(
      this.#context.space,
      deadLettersOf === undefined ? address : { ...address, deadLettersOf },
    );
    for (let call = 0; call < callsAVisit; call += 1) {
      const args = { now: this.#context.scriptNow(), topicId: topic.topicId, channel, steps: stepsACall };
      const reply = await run(this.#context, keepPartition, keys, args).catch(() => null);
      if (reply === null) return { pauseMs: roundEveryMs, place: null };
      const [now, promoted, trimmed, nextDueAt, place] = reply as [number, number, number, Buffer, Buffer];
      if (promoted < stepsACall && trimmed === 0) {
        const pauseMs = nextDueAt.length === 0 ? roundEveryMs : Math.max(0, Number(nextDueAt) - now);
        return { pauseMs, place: place.toString() };
      }
    }
    return { pauseMs: 0, place: null };
  }

  #schedule(pauseMs: number): void {
    if (!this.#running) return;
    this.#timer = setTimeout(() => {
      this.#underWay = this.#keepWhatIsDue();
      this.#underWay.then(
        () => this.#schedule(this.#pauseMs()),
        () => this.#schedule(1000),
      );
    }, pauseMs);
  }

  #pauseMs(): number {
    const visits = [...this.#visits, ...this.#lineVisits];
    const next = visits.reduce((least, { at }) => Math.min(least, at), this.#nextRoundAt);
    return Math.max(shortestPauseMs, next - Date.now());
  }
}

function placeName({ topic, partition }: { topic: Topic; partition: number }): string {
  return `${topic.topicId} ${partition}`;
}

function untilLineMoves({ view, returned }: LineStanding): number {
  const { state, at, startsAt, serving, joined } = view;
  if (state === "announced" || state === "open") return Math.max(lineEveryMs, startsAt - at);
  return state === "running" && (serving < joined || returned > 0) ? lineEveryMs : roundEveryMs;
}
