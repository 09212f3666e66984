import { TidegateError } from "@tidegate/contracts";
import type { Context } from "../context.ts";
import type { DeliveredMessage, RangeLease, Segment } from "../groups/lease.ts";
import { fetchEntries, joinNear } from "../groups/load.ts";
import { historyOf, type ReadHistory } from "../read/read-history.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import { BatchStore, type DecodedBatch } from "./batch-store.ts";

const keptBytes = 64 * 1024 * 1024;

/** A message to be read. */
interface Wanted {
  readonly offset: number;
  readonly attempt: number;
}

/** Reads messages of lanes: single ones from all over the log, each batch once where that can be. */
export class LaneLoader {
  readonly #context: Context;
  readonly #batches = new BatchStore(keptBytes);
  readonly #history: ReadHistory;
  #turns: number;

  constructor(context: Context) {
    this.#context = context;
    this.#history = historyOf(context.redis);
    this.#turns = this.#history.turns;
  }

  /** Changes when what was read may no longer be what is there. */
  get turns(): number {
    return this.#history.turns;
  }

  /** Emptied when what it keeps may have been lost. */
  get #store(): BatchStore {
    if (this.#turns !== this.#history.turns) {
      this.#turns = this.#history.turns;
      this.#batches.clear();
    }
    return this.#batches;
  }

  /** The batches from `first` on that begin at `last` or before, in order. */
  async readOn(topic: Topic, partition: number, first: number, last: number): Promise<DecodedBatch[]> {
    const { log } = keysOf(this.#context.space, topic, partition);
    const place = placeOf(topic, partition);
    const batches: DecodedBatch[] = [];
    let next = first;
    for (
      let known = this.#store.find(place, next);
      known && next <= last;
      known = this.#store.find(place, next)
    ) {
      batches.push(known);
      next = known.last + 1;
    }
    if (next > last) return batches;
    const entries = await fetchEntries(this.#context, log, next, last);
    return [...batches, ...entries.map((entry) => this.#store.keep(place, entry))];
  }

  /**
   * Messages of a partition, in order of their offsets; those that retention took away are left out.
   * @throws CORRUPT_BATCH
   */
  load(topic: Topic, partition: number, wanted: readonly Wanted[]): Promise<DeliveredMessage[]> {
    return this.#load(topic, partition, wanted, true);
  }

  /** The messages of a lease, in order of offsets. @throws CORRUPT_BATCH */
  loadLease(topic: Topic, { partition, segments }: RangeLease): Promise<DeliveredMessage[]> {
    return this.#load(topic, partition, singlesOf(segments), true);
  }

  /** The same without what does not decode. */
  loadReadable(topic: Topic, partition: number, wanted: readonly Wanted[]): Promise<DeliveredMessage[]> {
    return this.#load(topic, partition, wanted, false);
  }

  async #load(
    topic: Topic,
    partition: number,
    wanted: readonly Wanted[],
    strict: boolean,
  ): Promise<DeliveredMessage[]> {
    const place = placeOf(topic, partition);
    // Held from here on: what is kept may be forgotten while the rest is read, and a message that is left out counts as handled.
    const kept = wanted.map(({ offset }) => this.#store.find(place, offset));
    const missing = wanted.filter((_, index) => kept[index] === null);
    const read = missing.length === 0 ? [] : await this.#fetch(topic, partition, missing);
    const messages: DeliveredMessage[] = [];
    for (const [index, { offset, attempt }] of wanted.entries()) {
      const batch = kept[index] ?? read.find(({ first, last }) => first <= offset && offset <= last);
      if (!batch) continue;
      if (batch.records === null && !strict) continue;
      if (batch.records === null)
        throw new TidegateError("CORRUPT_BATCH", undefined, { offset: batch.first });
      const record = batch.records[offset - batch.first];
      if (record === undefined) continue;
      const { timestamp, key, value, headers } = record;
      const message = { offset, timestamp, key, value, headers, attempt };
      messages.push(batch.delayedId === null ? message : { ...message, delayedId: batch.delayedId });
    }
    return messages;
  }

  forget(topic: Topic): void {
    this.#store.forget(`${topic.topicId} `);
  }

  async #fetch(topic: Topic, partition: number, missing: readonly Wanted[]): Promise<DecodedBatch[]> {
    const { log } = keysOf(this.#context.space, topic, partition);
    const place = placeOf(topic, partition);
    const runs = joinNear(missing.map(({ offset }) => ({ first: offset, last: offset })));
    const lists = await Promise.all(
      runs.map(async ({ first, last }) => {
        const batches: DecodedBatch[] = [];
        for (let next = first; next <= last; ) {
          const entries = await fetchEntries(this.#context, log, next, last);
          for (const entry of entries) batches.push(this.#store.keep(place, entry));
          const end = entries.at(-1);
          if (end === undefined) break;
          next = end.last + 1;
        }
        return batches;
      }),
    );
    return lists.flat();
  }
}

/** Each message of segments by itself. */
export function singlesOf(segments: readonly Segment[]): Wanted[] {
  const singles: Wanted[] = [];
  for (const { first, last, attempt } of segments) {
    for (let offset = first; offset <= last; offset += 1) singles.push({ offset, attempt });
  }
  return singles;
}

function placeOf(topic: Topic, partition: number): string {
  return `${topic.topicId} ${partition}`;
}
