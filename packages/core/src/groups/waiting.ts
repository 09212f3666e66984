import type { Context } from "../context.ts";
import { laneChannel } from "../keys.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Waker } from "../wake/waker.ts";

/** How long a consumer waits. */
export interface WaitOptions {
  /** When something is due anyway, in ms by Redis's clock; null for never. */
  readonly untilAt: number | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether the group is on lanes: they are waited for as well. */
  readonly lanes?: boolean | undefined;
}

/** Where nothing may subscribe, waiting is a look every so often. */
const pollEveryMs = 250;

/** Waiting of groups for messages: knows what each had heard when it last looked. */
export class Waiting {
  readonly #context: Context;
  readonly #waker: Waker;
  /** Channel -> group -> what the waker had counted there when the group last looked. */
  readonly #looked = new Map<string, Map<string, number>>();

  constructor(context: Context, waker: Waker) {
    this.#context = context;
    this.#waker = waker;
  }

  /** To be called before a group looks at a partition. */
  noteLook(topic: Topic, group: string, partition: number): void {
    this.#noteLookAt(keysOf(this.#context.space, topic, partition).channel, group);
  }

  /** To be called before the lanes of a group are looked at. */
  noteLanesLook(topic: Topic, group: string): void {
    this.#noteLookAt(laneChannel(this.#context.space, topic.name, group), group);
  }

  #noteLookAt(channel: string, group: string): void {
    const count = this.#waker.count(channel);
    if (count === null) return;
    let looked = this.#looked.get(channel);
    if (looked === undefined) {
      looked = new Map();
      this.#looked.set(channel, looked);
    }
    looked.set(group, count);
  }

  /** Nobody need wait for a topic that is gone: who does looks again, and is told. */
  forgetTopic(topic: Topic): void {
    const channels = this.#channelsOf(topic);
    for (const channel of channels) this.#looked.delete(channel);
    this.#waker.forget(channels);
  }

  /** A group that is gone looks no more. */
  forgetGroup(topic: Topic, group: string): void {
    const own = laneChannel(this.#context.space, topic.name, group);
    this.#looked.delete(own);
    this.#waker.forget([own]);
    for (const channel of this.#channelsOf(topic)) this.#looked.get(channel)?.delete(group);
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
    { untilAt, timeoutMs, signal, lanes = false }: WaitOptions,
  ): Promise<void> {
    const channels = this.#channelsOf(topic, partitions);
    if (lanes) channels.push(laneChannel(this.#context.space, topic.name, group));
    const unheard = channels.some((channel) => this.#waker.count(channel) === null);
    const watched = await this.#waker.watch(channels).catch(() => false);
    if (watched) {
      const missed = (channel: string) =>
        this.#waker.count(channel) !== this.#looked.get(channel)?.get(group);
      if (unheard || channels.some(missed)) return;
    }
    const now = Date.now();
    const dueAt = untilAt === null ? Number.POSITIVE_INFINITY : untilAt - this.#waker.clockLead;
    const pollAt = watched ? Number.POSITIVE_INFINITY : now + pollEveryMs;
    await this.#waker.wait(channels, Math.min(now + timeoutMs, dueAt, pollAt), signal);
  }

  #channelsOf(topic: Topic, partitions: readonly number[] | null = null): string[] {
    const numbers = partitions ?? Array.from({ length: topic.partitions }, (_, partition) => partition);
    return numbers.map((partition) => keysOf(this.#context.space, topic, partition).channel);
  }
}
