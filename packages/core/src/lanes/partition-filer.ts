import type { Context } from "../context.ts";
import { bury } from "../groups/bury.ts";
import type { Group } from "../groups/group.ts";
import type { Loader } from "../groups/load.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Waker } from "../wake/waker.ts";
import { type LaneLoader, singlesOf } from "./lane-loader.ts";
import { type LaneWriter, laneWriter } from "./lane-of.ts";
import type { LanePartition } from "./lane-partition.ts";
import { parcelsOf, park, parkHeldOver } from "./park.ts";
import { QuietPartitions } from "./quiet-partitions.ts";
import { readLanePartitions } from "./read-partitions.ts";
import { type Visit, visit } from "./visit.ts";

/** Messages that are parked in one call. */
const parcelSize = 1024;

/** How much is read of one partition. */
export interface Share {
  readonly messages: number;
  readonly bytes: number;
}

/** What filing came to in one partition. */
export interface FiledPartition {
  readonly parked: number;
  readonly dueAt: number | null;
  readonly now: number;
  readonly topicVersion: number;
}

/** What a filer works with. */
export interface FilerParts {
  readonly context: Context;
  readonly waker: Waker;
  readonly laneLoader: LaneLoader;
  readonly loader: Loader;
  /** To be told before it looks at a partition. */
  readonly noteLook: (topic: Topic, group: string, partition: number) => void;
}

/** Reads single partitions on, for the lanes of one group. */
export class PartitionFiler {
  readonly quiet: QuietPartitions;
  readonly #parts: FilerParts;
  #writer: { group: Group; write: LaneWriter } | null = null;

  constructor(parts: FilerParts) {
    this.#parts = parts;
    this.quiet = new QuietPartitions(parts.context, parts.waker);
  }

  /**
   * Files what there is of a share, and moves over what the partition itself holds; with null nothing is read on. `standing`
   * is what the lanes know of the partition.
   */
  async file(
    topic: Topic,
    group: Group,
    partition: number,
    standing: LanePartition | null,
    share: Share | null,
  ): Promise<FiledPartition> {
    const { context, waker, noteLook } = this.#parts;
    const { channel } = keysOf(context.space, topic, partition);
    let known = standing;
    let moved = 0;
    for (;;) {
      const count = waker.count(channel);
      const { turns } = this.#parts.laneLoader;
      noteLook(topic, group.name, partition);
      const seen = await this.#visit(topic, group, partition, known);
      if (seen.lanes !== undefined) known = seen.lanes;
      const dues = [seen.nextDueAt, seen.leasedUntil].filter((due) => due !== null);
      const dueAt = dues.length === 0 ? null : Math.min(...dues);
      const result = { dueAt, now: seen.now, topicVersion: seen.topicVersion };
      if (seen.exhausted.length > 0) {
        await bury(context, topic, group, partition, seen.exhausted, this.#parts.loader);
        continue;
      }
      // In order, what was leased before the lanes comes first: it may go before what is retried or was never handed out.
      if (seen.leasedUntil !== null && group.ordering !== "none") return { ...result, parked: moved };
      if (seen.heldOver !== null) {
        const before = known?.era === seen.era ? known.moved : "";
        known = await this.#moveOver(topic, group, partition, seen, before);
        moved += 1;
        // Lanes that are closing take nothing over.
        if (known === null || (known.era === seen.era && known.moved === before))
          return { ...result, parked: moved };
        continue;
      }
      const filed = known?.era === seen.era ? known.filed : seen.first;
      if (share === null) return { ...result, parked: moved };
      if (filed >= seen.end && filed >= seen.start) {
        if (count !== null && moved === 0) this.quiet.add(topic, partition, count, seen.now, dueAt);
        return { ...result, parked: moved };
      }
      const parked = await this.#fileOn(topic, group, partition, seen, filed, share, turns);
      return { ...result, parked: moved + parked };
    }
  }

  /** Visits a partition; when it knows otherwise than was known here, once more with what the lanes know now. */
  async #visit(
    topic: Topic,
    group: Group,
    partition: number,
    known: LanePartition | null,
  ): Promise<Visit & { lanes?: LanePartition | null }> {
    const { context } = this.#parts;
    const seen = await visit(context, topic, group, partition, known, { wake: true });
    if (!seen.stale) return seen;
    const lanes =
      (await readLanePartitions(context, topic, group)).find((one) => one.partition === partition) ?? null;
    const lost = lanes?.era === seen.era && lanes.filed <= seen.end ? null : seen.era;
    return { ...(await visit(context, topic, group, partition, lanes, { wake: true, lost })), lanes };
  }

  async #moveOver(
    topic: Topic,
    group: Group,
    partition: number,
    seen: Visit,
    before: string,
  ): Promise<LanePartition | null> {
    const { context, laneLoader } = this.#parts;
    const heldOver = seen.heldOver!;
    const wanted = singlesOf(heldOver.segments);
    // What does not decode goes through as a message without a key, and ends as any other that cannot be read.
    const messages = await laneLoader.loadReadable(topic, partition, wanted);
    const write = this.#writerOf(topic, group);
    const { at } = await parkHeldOver(
      context,
      topic,
      group,
      partition,
      seen,
      heldOver,
      messages,
      before,
      write,
    );
    return at;
  }

  async #fileOn(
    topic: Topic,
    group: Group,
    partition: number,
    seen: Visit,
    filed: number,
    share: Share,
    turns: number,
  ): Promise<number> {
    const { context, laneLoader } = this.#parts;
    const from = Math.max(filed, seen.start);
    const wanted = Math.max(
      1,
      Math.min(share.messages, Math.floor(share.bytes / Math.max(1, seen.meanBytes))),
    );
    const last = Math.min(seen.end - 1, from + wanted - 1);
    const batches = from > last ? [] : await laneLoader.readOn(topic, partition, from, last);
    // A log that has lost its end since gives these offsets to other messages, in other lanes.
    if (laneLoader.turns !== turns) return 1;
    const write = this.#writerOf(topic, group);
    const parcels = parcelsOf(batches, partition, filed, from, group.name, write, parcelSize);
    // Each expects what the one before it leaves: where one comes too late, so do those behind it.
    const outcomes = await Promise.all(
      parcels.map((parcel) => park(context, topic, group, partition, seen, parcel)),
    );
    if (outcomes.some(({ parked }) => !parked)) return 1;
    return parcels.reduce((sum, { count }) => sum + count, 0);
  }

  #writerOf(topic: Topic, group: Group): LaneWriter {
    if (this.#writer?.group !== group) this.#writer = { group, write: laneWriter(topic, group) };
    return this.#writer.write;
  }
}
