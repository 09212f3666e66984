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
import { readLanePartitions } from "./read-partitions.ts";
import { type Visit, visit } from "./visit.ts";

/** Messages filed in one go, over all partitions; and in one call. */
const messagesAtATime = 8192;
const parcelSize = 1024;
/** Bytes read in one go, over all partitions, by the mean size of their messages; of each at least one message. */
const bytesAtATime = 16 * 1024 * 1024;

/** What filing came to. */
export interface Filed {
  /** How many messages were parked or moved over, by whomever. */
  readonly parked: number;
  /** When something is next due in one of the partitions. */
  readonly nextDueAt: number | null;
  readonly now: number | null;
  readonly topicVersion: number | null;
}

/** How often a partition is visited at least: it holds nothing back for a group that it has not heard of for long. */
export function signOfLifeMs(topic: Topic): number {
  return Math.min(60_000, topic.retention.idleMs / 4);
}

/** How much is read of one partition. */
interface Share {
  readonly messages: number;
  readonly bytes: number;
}

/** A partition in which nothing was left, until something is heard of it. */
interface Quiet {
  readonly count: number;
  readonly dueAt: number;
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

/**
 * Reads partitions on and parks their messages in the lanes of one group: who finds too little to take files for all.
 * Filers of several processes do not get in each other's way: where one was first, the other finds the messages parked.
 */
export class Filer {
  readonly #parts: FilerParts;
  #underWay: Promise<Filed> | null = null;
  #writer: { group: Group; write: LaneWriter } | null = null;
  readonly #quiet = new Map<number, Quiet>();

  constructor(parts: FilerParts) {
    this.#parts = parts;
  }

  /** Whether it is at work in this process. */
  get busy(): boolean {
    return this.#underWay !== null;
  }

  /**
   * Files up to so many messages; joins in what is under way. `standing` is what the lanes know of the partitions. Who
   * will not wait is `thorough`: what was published a moment ago is there, though nobody has heard of it yet.
   */
  async file(
    topic: Topic,
    group: Group,
    standing: readonly LanePartition[],
    room: number,
    thorough: boolean,
  ): Promise<Filed> {
    while (thorough && this.#underWay) {
      const filed = await this.#underWay;
      if (filed.parked > 0) return filed;
    }
    if (thorough) this.#quiet.clear();
    this.#underWay ??= this.#file(topic, group, standing, room).finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  /** Moves over what partitions themselves hold, without reading on. */
  async moveOver(topic: Topic, group: Group): Promise<void> {
    const known = new Map(
      (await readLanePartitions(this.#parts.context, topic, group)).map((one) => [one.partition, one]),
    );
    for (let partition = 0; partition < topic.partitions; partition += 1)
      await this.#filePartition(topic, group, partition, known.get(partition) ?? null, null);
  }

  async #file(topic: Topic, group: Group, standing: readonly LanePartition[], room: number): Promise<Filed> {
    const known = new Map(standing.map((partition) => [partition.partition, partition]));
    const numbers: number[] = [];
    for (let partition = 0; partition < topic.partitions; partition += 1) {
      if (!this.#isQuiet(topic, partition)) numbers.push(partition);
    }
    const budget = Math.min(room, messagesAtATime);
    const share = {
      messages: Math.max(64, Math.ceil(budget / Math.max(1, numbers.length))),
      bytes: bytesAtATime / Math.max(1, numbers.length),
    };
    const visits = await Promise.all(
      numbers.map((partition) =>
        this.#filePartition(topic, group, partition, known.get(partition) ?? null, share),
      ),
    );
    const dues = [...visits, ...this.#quiet.values()].flatMap((seen) =>
      seen.dueAt === null || seen.dueAt === Number.POSITIVE_INFINITY ? [] : [seen.dueAt],
    );
    return {
      parked: visits.reduce((sum, { parked }) => sum + parked, 0),
      nextDueAt: dues.length === 0 ? null : Math.min(...dues),
      now: visits[0]?.now ?? null,
      topicVersion: visits.reduce<number | null>(
        (highest, { topicVersion }) => Math.max(highest ?? 0, topicVersion),
        null,
      ),
    };
  }

  async #filePartition(
    topic: Topic,
    group: Group,
    partition: number,
    standing: LanePartition | null,
    share: Share | null,
  ): Promise<{ parked: number; dueAt: number | null; now: number; topicVersion: number }> {
    const { context, waker, noteLook } = this.#parts;
    const { channel } = keysOf(context.space, topic, partition);
    let known = standing;
    let moved = 0;
    for (;;) {
      const count = waker.count(channel);
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
        const lookAgainAt = seen.now + signOfLifeMs(topic);
        if (count !== null && moved === 0)
          this.#quiet.set(partition, { count, dueAt: Math.min(dueAt ?? lookAgainAt, lookAgainAt) });
        return { ...result, parked: moved };
      }
      const parked = await this.#fileOn(topic, group, partition, seen, filed, share);
      return { ...result, parked: moved + parked };
    }
  }

  /** Visits a partition; when it knows more than was known here, once more with what the lanes know now. */
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
    const lost = lanes?.era === seen.era ? null : seen.era;
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
  ): Promise<number> {
    const { context, laneLoader } = this.#parts;
    const from = Math.max(filed, seen.start);
    const wanted = Math.max(
      1,
      Math.min(share.messages, Math.floor(share.bytes / Math.max(1, seen.meanBytes))),
    );
    const last = Math.min(seen.end - 1, from + wanted - 1);
    const batches = from > last ? [] : await laneLoader.readOn(topic, partition, from, last);
    const write = this.#writerOf(topic, group);
    const parcels = parcelsOf(batches, partition, filed, from, group.name, write, parcelSize);
    // Each expects what the one before it leaves: where one comes too late, so do those behind it.
    const outcomes = await Promise.all(
      parcels.map((parcel) => park(context, topic, group, partition, seen, parcel)),
    );
    if (outcomes.some(({ parked }) => !parked)) return 1;
    return parcels.reduce((sum, { count }) => sum + count, 0);
  }

  #isQuiet(topic: Topic, partition: number): boolean {
    const { context, waker } = this.#parts;
    const quiet = this.#quiet.get(partition);
    if (quiet === undefined) return false;
    const { channel } = keysOf(context.space, topic, partition);
    if (waker.count(channel) === quiet.count && context.now() + waker.clockLead < quiet.dueAt) return true;
    this.#quiet.delete(partition);
    return false;
  }

  #writerOf(topic: Topic, group: Group): LaneWriter {
    if (this.#writer?.group !== group) this.#writer = { group, write: laneWriter(topic, group) };
    return this.#writer.write;
  }
}
