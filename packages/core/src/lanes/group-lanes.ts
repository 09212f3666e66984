import type { Context } from "../context.ts";
import type { Group } from "../groups/group.ts";
import type { DeliveredMessage, RangeLease } from "../groups/lease.ts";
import type { Loader } from "../groups/load.ts";
import type { Outcome } from "../groups/outcome.ts";
import type { ExtendOptions, SettleResult } from "../groups/settle.ts";
import type { Waiting } from "../groups/waiting.ts";
import type { Topic } from "../topics/topic.ts";
import type { Waker } from "../wake/waker.ts";
import { buryExhausted } from "./bury-lanes.ts";
import { Filer } from "./filer.ts";
import { type HandedBack, handBack, openLanesAgain } from "./hand-back.ts";
import type { LaneLoader } from "./lane-loader.ts";
import type { LanePartition } from "./lane-partition.ts";
import { CommittedNotes } from "./note-committed.ts";
import { signOfLifeMs } from "./quiet-partitions.ts";
import { readLanePartitions } from "./read-partitions.ts";
import { extendLaneLease, settleLaneLease } from "./settle-lanes.ts";
import { type Taken, type TakeOptions, take } from "./take.ts";

/** How often a take that found nothing is repeated because something was filed meanwhile. */
const mostRounds = 16;

/** Messages that are worth a filing, however few are taken at a time. */
const leastFiled = 1024;

/** What a consumer of lanes got: leases of several partitions, none when there is nothing to be had now. */
export interface LaneAcquisition extends Taken {
  /** The version of the topic that its partitions know; null when none was asked. */
  readonly topicVersion: number | null;
}

/** What the lanes of a group need of the engine. */
export interface LanesParts {
  readonly context: Context;
  readonly waker: Waker;
  readonly waiting: Waiting;
  readonly loader: Loader;
  readonly laneLoader: LaneLoader;
}

/** The lanes of one group, as a process works with them: takes, and files when there is too little to take. */
export class GroupLanes {
  readonly #parts: LanesParts;
  readonly #filer: Filer;
  readonly #notes: CommittedNotes;
  /** When partitions are to hear of the group again, by Redis's clock. */
  #visitAt = 0;

  constructor(parts: LanesParts) {
    this.#parts = parts;
    this.#notes = new CommittedNotes(parts.context);
    this.#filer = new Filer({
      ...parts,
      noteLook: (topic, group, partition) => parts.waiting.noteLook(topic, group, partition),
    });
  }

  /**
   * Leases messages, without reading them; files first where there is nothing to be had, and ahead for those who come
   * later. Who `wantsMore` than there was files by himself, and takes again.
   */
  async take(topic: Topic, group: Group, options: TakeOptions, wantsMore = false): Promise<LaneAcquisition> {
    const { context, waiting } = this.#parts;
    let topicVersion: number | null = null;
    let filedDueAt: number | null = null;
    for (let round = 1; ; round += 1) {
      waiting.noteLanesLook(topic, group.name);
      const taken = await take(context, topic, group, options, !this.#filer.busy);
      waiting.noteClock(taken.now);
      if (taken.bury) await this.#bury(topic, group);
      if (taken.closing && round < mostRounds) {
        const nextLookAt = await this.#handBackAll(topic, group);
        if (nextLookAt === null) continue;
        return { ...taken, nextDueAt: nextLookAt, topicVersion };
      }
      const found = taken.leases.length > 0;
      this.#giveSignOfLife(topic, group, taken.now);
      if (found && taken.standing.length > 0 && !(wantsMore && taken.short))
        this.#fileAhead(topic, group, taken, roomFor(taken, options));
      const again = !found && !taken.paused && round < mostRounds;
      if (again && taken.unfinished) continue;
      if (again && taken.short && taken.room > 0) {
        const filed = await this.#filer.file(
          topic,
          group,
          taken.standing,
          roomFor(taken, options),
          !options.wake,
        );
        topicVersion = filed.topicVersion ?? topicVersion;
        filedDueAt = filed.nextDueAt;
        if (filed.parked > 0) continue;
      }
      return { ...taken, nextDueAt: earlier(taken.nextDueAt, filedDueAt), topicVersion };
    }
  }

  /** Files what there is room for; whether anything came of it. For who wants more than he was given. */
  async fileMore(topic: Topic, group: Group, taken: LaneAcquisition): Promise<boolean> {
    if (!taken.short || taken.room === 0) return false;
    const filed = await this.#filer.file(topic, group, taken.standing, taken.room, true);
    return filed.parked > 0;
  }

  /** The messages of a lease, in order of offsets. @throws CORRUPT_BATCH */
  load(topic: Topic, lease: RangeLease): Promise<DeliveredMessage[]> {
    return this.#parts.laneLoader.loadLease(topic, lease);
  }

  /** Ends a lease. @throws LEASE_LOST, INVALID */
  async settle(topic: Topic, group: Group, leaseId: string, outcome: Outcome): Promise<SettleResult> {
    const { result, at } = await settleLaneLease(this.#parts.context, topic, group, leaseId, outcome);
    if (result.deadLettered > 0) await this.#bury(topic, group);
    else await this.#note(topic, group, at);
    return result;
  }

  /** Moves a lease's deadline. @throws LEASE_LOST, INVALID */
  async extend(
    topic: Topic,
    group: Group,
    leaseId: string,
    options: ExtendOptions,
  ): Promise<{ deadline: number }> {
    const { deadline, at } = await extendLaneLease(this.#parts.context, topic, group, leaseId, options);
    await this.#note(topic, group, at);
    return { deadline };
  }

  /** Moves over what partitions themselves hold, such as what was redriven. */
  moveOver(topic: Topic, group: Group): Promise<void> {
    return this.#filer.moveOver(topic, group);
  }

  /** Hands a partition back to its ranges, where the lanes are closing. @throws GROUP_NOT_FOUND */
  handBack(topic: Topic, group: Group, partition: number): Promise<HandedBack> {
    return handBack(this.#parts.context, topic, group, partition, this.#parts.laneLoader);
  }

  /** When to look again; null when all partitions were handed back, or need not be. */
  async #handBackAll(topic: Topic, group: Group): Promise<number | null> {
    const { context } = this.#parts;
    const standing = await readLanePartitions(context, topic, group);
    if (standing.length === 0) await openLanesAgain(context, topic, group);
    const outcomes = await Promise.all(
      standing.map(({ partition }) => this.handBack(topic, group, partition)),
    );
    const left = outcomes.filter(({ done }) => !done).map(({ nextLookAt }) => nextLookAt);
    return left.length === 0 ? null : Math.min(...left);
  }

  async #bury(topic: Topic, group: Group): Promise<void> {
    const { context, laneLoader } = this.#parts;
    for (const at of await buryExhausted(context, topic, group, laneLoader))
      await this.#note(topic, group, at);
  }

  /** What was done stands; that a partition could not be told is no failure of it. */
  async #note(topic: Topic, group: Group, at: LanePartition | null): Promise<void> {
    await this.#notes.note(topic, group, at).catch(() => {});
  }

  /** Where there is always enough to take nobody files, and partitions whose messages wait for long would hear nothing. */
  #giveSignOfLife(topic: Topic, group: Group, now: number): void {
    if (now < this.#visitAt) return;
    const first = this.#visitAt === 0;
    this.#visitAt = now + signOfLifeMs(topic);
    if (!first) this.moveOver(topic, group).catch(() => {});
  }

  #fileAhead(topic: Topic, group: Group, taken: Taken, room: number): void {
    // Whoever needs it files for himself, should this fail.
    this.#filer.file(topic, group, taken.standing, room, false).catch(() => {});
  }
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

/** Who takes little at a time need not read far ahead: it may be an isolate with little time and memory. */
function roomFor(taken: Taken, { maxMessages }: TakeOptions): number {
  return Math.min(taken.room, Math.max(leastFiled, 8 * maxMessages));
}
