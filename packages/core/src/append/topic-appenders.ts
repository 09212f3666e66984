import type { Topic } from "../topics/topic.ts";
import type { PartitionAppender } from "./partition-appender.ts";
import { StickyPartitioner } from "./partitioner.ts";

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
  #open = 0;
  #waiting: (() => void)[] = [];

  constructor(topic: Topic, batchBytes: number, before: TopicAppenders | null) {
    this.topic = topic;
    this.sticky = new StickyPartitioner(batchBytes);
    this.#before = before;
  }

  /** A call hands messages over here. It leaves when they have their outcome, or when others have taken them over. */
  enter(): () => void {
    this.#open += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#open -= 1;
      if (this.#open === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    };
  }

  /** Whether no call of this time or before is still to hand messages over. */
  get isPast(): boolean {
    return this.#open === 0 && this.isFirst;
  }

  /** Whether no call of the time before is still to hand messages over. */
  get isFirst(): boolean {
    if (this.#before?.isPast) this.#before = null;
    return this.#before === null;
  }

  /** Resolves when `isPast`. */
  async past(): Promise<void> {
    await this.first();
    while (this.#open > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when `isFirst`. */
  async first(): Promise<void> {
    await this.#before?.past();
  }
}
