import type { Context } from "../context.ts";
import type { Group } from "../groups/group.ts";
import type { Topic } from "../topics/topic.ts";
import type { LanePartition } from "./lane-partition.ts";
import { type FilerParts, PartitionFiler } from "./partition-filer.ts";
import { readLanePartitions } from "./read-partitions.ts";

/** Messages filed in one go, over all partitions. */
const messagesAtATime = 8192;
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

/**
 * Reads partitions on and parks their messages in the lanes of one group: who finds too little to take files for all.
 * Filers of several processes do not get in each other's way: where one was first, the other finds the messages parked.
 */
export class Filer {
  readonly #context: Context;
  readonly #partitions: PartitionFiler;
  #underWay: Promise<Filed> | null = null;

  constructor(parts: FilerParts) {
    this.#context = parts.context;
    this.#partitions = new PartitionFiler(parts);
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
    if (thorough) this.#partitions.quiet.clear();
    this.#underWay ??= this.#file(topic, group, standing, room).finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  /** Moves over what partitions themselves hold, without reading on. */
  async moveOver(topic: Topic, group: Group): Promise<void> {
    const known = new Map(
      (await readLanePartitions(this.#context, topic, group)).map((one) => [one.partition, one]),
    );
    for (let partition = 0; partition < topic.partitions; partition += 1)
      await this.#partitions.file(topic, group, partition, known.get(partition) ?? null, null);
  }

  async #file(topic: Topic, group: Group, standing: readonly LanePartition[], room: number): Promise<Filed> {
    const { quiet } = this.#partitions;
    const known = new Map(standing.map((partition) => [partition.partition, partition]));
    const numbers: number[] = [];
    for (let partition = 0; partition < topic.partitions; partition += 1) {
      if (!quiet.has(topic, partition)) numbers.push(partition);
    }
    const budget = Math.min(room, messagesAtATime);
    const share = {
      messages: Math.max(64, Math.ceil(budget / Math.max(1, numbers.length))),
      bytes: bytesAtATime / Math.max(1, numbers.length),
    };
    const visits = await Promise.all(
      numbers.map((partition) =>
        this.#partitions.file(topic, group, partition, known.get(partition) ?? null, share),
      ),
    );
    const dues = [...visits.map(({ dueAt }) => dueAt), ...quiet.dues]
      .filter((due) => due !== null)
      .filter((due) => due !== Number.POSITIVE_INFINITY);
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
}
