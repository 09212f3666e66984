import type { Context } from "../context.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Waker } from "../wake/waker.ts";

/** How often a partition is visited at least: it holds nothing back for a group that it has not heard of for long. */
export function signOfLifeMs(topic: Topic): number {
  return Math.min(60_000, topic.retention.idleMs / 4);
}

/** Partitions in which nothing was left, until something is heard of them. */
export class QuietPartitions {
  readonly #context: Context;
  readonly #waker: Waker;
  /** By partition, what the waker had counted there when it was looked at, and when to look again in any case. */
  readonly #quiet = new Map<number, { readonly count: number; readonly dueAt: number }>();

  constructor(context: Context, waker: Waker) {
    this.#context = context;
    this.#waker = waker;
  }

  has(topic: Topic, partition: number): boolean {
    const quiet = this.#quiet.get(partition);
    if (quiet === undefined) return false;
    const { channel } = keysOf(this.#context.space, topic, partition);
    const now = this.#context.now() + this.#waker.clockLead;
    if (this.#waker.count(channel) === quiet.count && now < quiet.dueAt) return true;
    this.#quiet.delete(partition);
    return false;
  }

  /** Nothing was left in a partition, at that time and count of the waker. */
  add(topic: Topic, partition: number, count: number, now: number, dueAt: number | null): void {
    const lookAgainAt = now + signOfLifeMs(topic);
    this.#quiet.set(partition, { count, dueAt: Math.min(dueAt ?? lookAgainAt, lookAgainAt) });
  }

  clear(): void {
    this.#quiet.clear();
  }

  /** When the partitions are to be looked at again. */
  get dues(): number[] {
    return [...this.#quiet.values()].map(({ dueAt }) => dueAt);
  }
}
