import type { Context } from "../context.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Waker } from "../wake/waker.ts";

/** How long a consumer waits. */
export interface WaitOptions {
  /** When something is due anyway, in ms by Redis's clock; null for never. */
  readonly untilAt: number | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Where nothing may subscribe, waiting is a look every so often. */
const pollEveryMs = 250;

/** Waiting of groups for messages: knows what each had heard when it last looked. */
export class Waiting {
  readonly #context: Context;
  readonly #waker: Waker;
  /** What the waker had counted on a channel when a group last looked there. */
  readonly #looked = new Map<string, number>();

  constructor(context: Context, waker: Waker) {
    this.#context = context;
    this.#waker = waker;
  }

  /** To be called before a group looks at a partition. */
  noteLook(topic: Topic, group: string, partition: number): void {
    const { channel } = keysOf(this.#context.space, topic, partition);
    const count = this.#waker.count(channel);
    if (count !== null) this.#looked.set(`${group} ${channel}`, count);
  }

  /** What Redis's clock says now. */
  noteClock(now: number): void {
    this.#waker.clockLead = now - this.#context.now();
  }

  /**
   * Waits until there may be something in one of the partitions (null for all) since the group last looked there. A
   * channel that is new was not heard then, so the group looks again at once; so does one that missed something.
   */
  async wait(
    topic: Topic,
    group: string,
    partitions: readonly number[] | null,
    { untilAt, timeoutMs, signal }: WaitOptions,
  ): Promise<void> {
    const numbers = partitions ?? Array.from({ length: topic.partitions }, (_, partition) => partition);
    const channels = numbers.map((partition) => keysOf(this.#context.space, topic, partition).channel);
    const unheard = channels.some((channel) => this.#waker.count(channel) === null);
    const watched = await this.#waker.watch(channels).catch(() => false);
    if (watched) {
      const missed = (channel: string) =>
        this.#waker.count(channel) !== this.#looked.get(`${group} ${channel}`);
      if (unheard || channels.some(missed)) return;
    }
    const now = Date.now();
    const dueAt = untilAt === null ? Number.POSITIVE_INFINITY : untilAt - this.#waker.clockLead;
    const pollAt = watched ? Number.POSITIVE_INFINITY : now + pollEveryMs;
    await this.#waker.wait(channels, Math.min(now + timeoutMs, dueAt, pollAt), signal);
  }
}
