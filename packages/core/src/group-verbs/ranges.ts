import { TidegateError } from "@tidegate/contracts";
import { type AcquireOptions, type Acquisition, acquire } from "../groups/acquire.ts";
import type { Group } from "../groups/group.ts";
import type { DeliveredMessage, RangeLease } from "../groups/lease.ts";
import type { Loader } from "../groups/load.ts";
import { type Look, look } from "../groups/look.ts";
import type { Outcome } from "../groups/outcome.ts";
import type { ReceiveRound } from "../groups/receive.ts";
import { type RangesPort, rangesRound } from "../groups/receive-ranges.ts";
import { type ExtendOptions, extend, type SettleResult, settle } from "../groups/settle.ts";
import { skippedOffsets } from "../groups/skip.ts";
import type { Lanes } from "../lanes/lanes.ts";
import type { Topic } from "../topics/topic.ts";
import type { GroupCalls } from "./group-calls.ts";

/** What the scripts of ranges say of a partition that lanes have. */
const partitionOnLanes = "The partition is on lanes";

/** Groups on ranges, as a process works with them. */
export class Ranges {
  readonly #calls: GroupCalls;
  readonly #lanes: Lanes;
  readonly #loader: Loader;
  #turn = 0;

  constructor(calls: GroupCalls, lanes: Lanes, loader: Loader) {
    this.#calls = calls;
    this.#lanes = lanes;
    this.#loader = loader;
  }

  /** One look of a pulling consumer at a group; each consumer begins at another partition. */
  round(topic: Topic, group: Group): ReceiveRound {
    this.#turn += 1;
    const port: RangesPort = {
      partitions: topic.partitions,
      firstPartition: this.#turn % topic.partitions,
      groupName: group.name,
      ordered: group.ordering === "partition",
      look: (partition, wake) => this.#look(topic, group, partition, wake),
      acquire: (partition, options) => this.acquire(topic, group, partition, options),
      load: (lease) => this.#loader.load(topic, lease),
      release: async (leaseId, release, all) => {
        if (all) await this.settle(topic, group, leaseId, { ack: "all", release });
        else await this.extend(topic, group, leaseId, { leaseMs: "keep", release });
      },
      acknowledge: async (leaseId, offsets, all) => {
        if (all) await this.settle(topic, group, leaseId, { ack: "all" });
        else await this.extend(topic, group, leaseId, { leaseMs: "keep", ack: offsets });
      },
    };
    return (options, wake) => rangesRound(port, options, wake);
  }

  /** Leases messages of one partition, without reading them. */
  async acquire(
    topic: Topic,
    group: Group,
    partition: number,
    options: AcquireOptions,
  ): Promise<Acquisition> {
    const { context, waiting } = this.#calls;
    waiting.noteLook(topic, group.name, partition);
    const call = () => acquire(context, topic, group, partition, options, this.#loader);
    const acquisition = await this.#offLanes(topic, group, partition, call, (now, nextDueAt) => {
      return { lease: null, nextDueAt, paused: false, end: 0, now, topicVersion: topic.version };
    });
    await this.#calls.noteSeen(topic, acquisition);
    return acquisition;
  }

  /** The messages of a lease, in order of offsets, but those for another group alone. */
  async load(topic: Topic, group: string, lease: RangeLease): Promise<DeliveredMessage[]> {
    const messages = await this.#loader.load(topic, lease);
    const skipped = skippedOffsets(messages, group);
    return skipped.length === 0 ? messages : messages.filter(({ offset }) => !skipped.includes(offset));
  }

  /** Ends a lease. @throws LEASE_LOST, INVALID */
  settle(topic: Topic, group: Group, leaseId: string, outcome: Outcome): Promise<SettleResult> {
    return settle(this.#calls.context, topic, group, leaseId, outcome, this.#loader);
  }

  /** Moves a lease's deadline. @throws LEASE_LOST, INVALID */
  extend(topic: Topic, group: Group, leaseId: string, options: ExtendOptions): Promise<{ deadline: number }> {
    return extend(this.#calls.context, topic, group, leaseId, options);
  }

  async #look(topic: Topic, group: Group, partition: number, wake: boolean): Promise<Look> {
    const { context, waiting } = this.#calls;
    waiting.noteLook(topic, group.name, partition);
    const call = () => look(context, topic, group, partition, wake);
    const seen = await this.#offLanes(topic, group, partition, call, (now, nextDueAt) => {
      return { found: false, nextDueAt, paused: false, now, topicVersion: topic.version };
    });
    await this.#calls.noteSeen(topic, seen);
    return seen;
  }

  /**
   * A partition's answer; where it still is on lanes that the group has left, it is handed back first. While that has to
   * wait for leases, there is `nothing`.
   */
  async #offLanes<T>(
    topic: Topic,
    group: Group,
    partition: number,
    call: () => Promise<T>,
    nothing: (now: number, nextDueAt: number) => T,
  ): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof TidegateError && error.message === partitionOnLanes)) throw error;
      const { closing, done, now, nextLookAt } = await this.#lanes
        .of(topic, group)
        .handBack(topic, group, partition);
      // The group has come to lanes, and this process has yet to hear of it.
      if (!closing) throw error;
      return done ? call() : nothing(now, nextLookAt);
    }
  }
}
