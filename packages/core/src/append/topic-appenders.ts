import type { Topic } from "../topics/topic.ts";
import type { PartitionAppender } from "./partition-appender.ts";
import { StickyPartitioner } from "./partitioner.ts";

/** A call in the appenders to which it has handed messages. */
export class Visit {
  readonly appenders: TopicAppenders;
  readonly #remove: (visit: Visit) => void;
  #left: PromiseWithResolvers<void> | null = null;
  #isOver = false;

  constructor(appenders: TopicAppenders, remove: (visit: Visit) => void) {
    this.appenders = appenders;
    this.#remove = remove;
  }

  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#remove(this);
    this.#left?.resolve();
  }

  /** Resolves when it leaves. */
  left(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#left ??= Promise.withResolvers();
    return this.#left.promise;
  }
}

/**
 * What one process appends to one topic at one level of acks, for as long as the topic's partitions and units stay as
 * they are. When they change, its successor takes over; calls that turn out to have met the topic as it was before hand
 * their messages to the successor, and what comes after them must not overtake them there.
 */
export class TopicAppenders {
  topic: Topic;
  readonly sticky: StickyPartitioner;
  readonly partitions: PartitionAppender[] = [];
  /** The one before, while calls of its time may still hand messages over; null when there is none to wait for. */
  #before: TopicAppenders | null;
  /** The calls that have entered and not left, in order. */
  readonly #open = new Set<Visit>();

  constructor(topic: Topic, batchBytes: number, before: TopicAppenders | null) {
    this.topic = topic;
    this.sticky = new StickyPartitioner(batchBytes);
    this.#before = before;
  }

  /** A call hands messages over here. It leaves when they have their outcome, or when others have taken them over. */
  enter(): Visit {
    const visit = new Visit(this, (left) => this.#open.delete(left));
    this.#open.add(visit);
    return visit;
  }

  /**
   * Resolves when all who entered before the visit have left: what they hand on goes ahead of what it hands on, whoever
   * learns first that the topic has changed.
   */
  async ahead(visit: Visit): Promise<void> {
    for (;;) {
      const [first] = this.#open;
      if (first === undefined || first === visit) return;
      await first.left();
    }
  }

  /** Resolves when nobody is left in those between an earlier one and this: they had taken over from who is ahead. */
  async clearedSince(earlier: TopicAppenders): Promise<void> {
    for (let one = this.#before; one !== null && one !== earlier; one = one.#before) await one.#empty();
  }

  /** Whether no call of this time or before is still to hand messages over. */
  get isPast(): boolean {
    return this.#open.size === 0 && this.isFirst;
  }

  /** Whether no call of the time before is still to hand messages over. */
  get isFirst(): boolean {
    if (this.#before?.isPast) this.#before = null;
    return this.#before === null;
  }

  /** Resolves when `isPast`. */
  async past(): Promise<void> {
    await this.first();
    await this.#empty();
  }

  /** Resolves when `isFirst`. */
  async first(): Promise<void> {
    await this.#before?.past();
  }

  async #empty(): Promise<void> {
    for (;;) {
      const [visit] = this.#open;
      if (visit === undefined) return;
      await visit.left();
    }
  }
}
