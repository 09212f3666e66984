import { TidegateError } from "@tidegate/contracts";
import type { Context } from "../context.ts";
import { changeKeys, changesSettings, type FlowChange, pinAfter, requireKeys } from "../lanes/flow.ts";
import type { LaneAcquisition } from "../lanes/group-lanes.ts";
import { type Holding, type HoldOptions, hold, readHolding } from "../lanes/hold.ts";
import { LaneLoader } from "../lanes/lane-loader.ts";
import { eitherWay, Lanes } from "../lanes/lanes.ts";
import { type Flow, readFlow } from "../lanes/read-flow.ts";
import { lanesRound } from "../lanes/receive-lanes.ts";
import type { TakeOptions } from "../lanes/take.ts";
import { requirePartition } from "../read/read-log.ts";
import type { Topic } from "../topics/topic.ts";
import type { Topics } from "../topics/topics.ts";
import type { Waker } from "../wake/waker.ts";
import { type AcquireOptions, type Acquisition, acquire } from "./acquire.ts";
import {
  type DeadLetterOptions,
  type DeadLetterPage,
  listDeadLetters,
  type RedriveTarget,
  redrive,
} from "./dead-letters.ts";
import { describe, type GroupDescription } from "./describe.ts";
import { changeGroup, type Group, type GroupSettings, usesLanes } from "./group.ts";
import type { GroupRegistry } from "./group-registry.ts";
import { type DeliveredMessage, partitionOfLease, type RangeLease } from "./lease.ts";
import { Loader } from "./load.ts";
import { type Look, look } from "./look.ts";
import type { Outcome } from "./outcome.ts";
import { pushChanges, waitForPushChange } from "./push-changes.ts";
import { type Received, type ReceiveOptions, receiveInRounds } from "./receive.ts";
import { type RangesPort, rangesRound } from "./receive-ranges.ts";
import { type SeekTarget, seek } from "./seek.ts";
import { type ExtendOptions, extend, type SettleResult, settle } from "./settle.ts";
import { skippedOffsets } from "./skip.ts";
import { type Standing, standing } from "./standing.ts";
import { Waiting, type WaitOptions } from "./waiting.ts";

/** What the scripts of ranges say of a partition that lanes have. */
const partitionOnLanes = "The partition is on lanes";

/** Groups: independent readers of topics, each with a cursor, leases, retries and dead letters in each partition. */
export class Groups {
  readonly #context: Context;
  readonly #topics: Topics;
  readonly #waker: Waker;
  readonly #waiting: Waiting;
  readonly #registry: GroupRegistry;
  readonly #loader: Loader;
  readonly #laneLoader: LaneLoader;
  readonly #lanes: Lanes;
  #turn = 0;

  constructor(context: Context, topics: Topics, registry: GroupRegistry, waker: Waker) {
    this.#context = context;
    this.#topics = topics;
    this.#waker = waker;
    this.#waiting = new Waiting(context, waker);
    this.#registry = registry;
    this.#loader = new Loader(context);
    this.#laneLoader = new LaneLoader(context);
    this.#lanes = new Lanes({
      context,
      waker,
      waiting: this.#waiting,
      loader: this.#loader,
      laneLoader: this.#laneLoader,
    });
    topics.onGone((_name, known) => {
      if (!known) return;
      this.#waiting.forgetTopic(known);
      this.#lanes.forgetTopic(known);
    });
    registry.onGone((topic, name) => {
      this.#waiting.forgetGroup(topic, name);
      this.#lanes.forgetGroup(topic, name);
    });
  }

  /**
   * Creates a group, or changes what `settings` names of it. Repeating it changes nothing.
   * @throws TOPIC_NOT_FOUND, INVALID, ORDERING_CANNOT_CHANGE
   */
  put(
    topic: string,
    name: string,
    settings: GroupSettings = {},
  ): Promise<{ group: Group; created: boolean }> {
    return this.#registry.put(topic, name, settings, async (group) => {
      if (group.version > 1 && settings.ordering !== undefined) await this.#requireIdle(topic, name, group);
      return group;
    });
  }

  /** @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
  async get(topic: string, name: string): Promise<Group> {
    return this.#registry.get(await this.#topics.get(topic), name);
  }

  /** All groups of a topic, by name. @throws TOPIC_NOT_FOUND */
  async list(topic: string): Promise<Group[]> {
    return this.#registry.list(await this.#topics.get(topic));
  }

  /** Deletes a group with its dead letters. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
  async delete(topic: string, name: string): Promise<void> {
    await this.#registry.delete(await this.#topics.get(topic), name);
  }

  /** Where a group stands. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
  async describe(topic: string, name: string): Promise<GroupDescription> {
    await this.get(topic, name);
    return this.#run(topic, name, (found, group) => describe(this.#context, found, group));
  }

  /**
   * Where messages of one partition stand, at a cost that does not grow with the backlog; see `standing`.
   * @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND
   */
  standing(topic: string, name: string, partition: number, offsets: readonly number[]): Promise<Standing> {
    return this.#run(topic, name, (found, group) =>
      standing(this.#context, found, group, partition, offsets),
    );
  }

  /** Stops handing out messages. Leases that are held go on. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
  async pause(topic: string, name: string): Promise<void> {
    await this.#setPaused(topic, name, true);
  }

  /** Goes on handing out messages, also where an endpoint wanted a pause. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
  async resume(topic: string, name: string): Promise<void> {
    await this.#setPaused(topic, name, false);
    await this.#run(topic, name, async (found, group) => {
      if (usesLanes(group)) await hold(this.#context, found, group, null);
    });
  }

  /** Moves the group's cursor. @throws OFFSET_OUT_OF_RANGE, PARTITION_NOT_FOUND, INVALID */
  async seek(topic: string, name: string, to: SeekTarget): Promise<void> {
    await this.get(topic, name);
    await this.#run(topic, name, (found, group) => seek(this.#context, found, group, to));
  }

  /**
   * Leases messages, waiting up to `waitMs` for the first. A group that does not exist is made with defaults, except in
   * a topic with policy `queue`, where it would hold messages back. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID
   */
  receive(topic: string, name: string, options: ReceiveOptions = {}): Promise<Received> {
    return this.#run(
      topic,
      name,
      (found, group) => {
        if (usesLanes(group)) {
          return receiveInRounds(
            lanesRound(this.#lanes.of(found, group), found, group),
            (untilAt, timeoutMs, signal) =>
              this.#waiting.wait(found, name, null, { untilAt, timeoutMs, signal, lanes: true }),
            options,
          );
        }
        this.#turn += 1;
        const port: RangesPort = {
          partitions: found.partitions,
          firstPartition: this.#turn % found.partitions,
          groupName: name,
          ordered: group.ordering === "partition",
          look: (partition, wake) => this.#look(found, group, partition, wake),
          acquire: (partition, acquireOptions) => this.#acquire(found, group, partition, acquireOptions),
          load: (lease) => this.#loader.load(found, lease),
          release: async (leaseId, release, all) => {
            if (all)
              await settle(this.#context, found, group, leaseId, { ack: "all", release }, this.#loader);
            else await extend(this.#context, found, group, leaseId, { leaseMs: "keep", release });
          },
          acknowledge: async (leaseId, offsets, all) => {
            if (all) await settle(this.#context, found, group, leaseId, { ack: "all" }, this.#loader);
            else await extend(this.#context, found, group, leaseId, { leaseMs: "keep", ack: offsets });
          },
        };
        return receiveInRounds(
          (bounded, wake) => rangesRound(port, bounded, wake),
          (untilAt, timeoutMs, signal) =>
            this.#waiting.wait(found, name, null, { untilAt, timeoutMs, signal }),
          options,
        );
      },
      options.create ?? true,
    );
  }

  /** Ends a lease. An identical repeat gets the first answer. @throws LEASE_LOST, INVALID, GROUP_NOT_FOUND */
  settle(topic: string, name: string, leaseId: string, outcome: Outcome): Promise<SettleResult> {
    return this.#runForLease(topic, name, leaseId, (found, group) => {
      const onRanges = () => settle(this.#context, found, group, leaseId, outcome, this.#loader);
      const onLanes = () => this.#lanes.of(found, group).settle(found, group, leaseId, outcome);
      return usesLanes(group) ? eitherWay(onLanes, onRanges) : eitherWay(onRanges, onLanes);
    });
  }

  /** Moves a lease's deadline, and acknowledges what is done so far. @throws LEASE_LOST, INVALID, GROUP_NOT_FOUND */
  extend(
    topic: string,
    name: string,
    leaseId: string,
    options: ExtendOptions,
  ): Promise<{ deadline: number }> {
    return this.#runForLease(topic, name, leaseId, (found, group) => {
      const onRanges = () => extend(this.#context, found, group, leaseId, options);
      const onLanes = () => this.#lanes.of(found, group).extend(found, group, leaseId, options);
      return usesLanes(group) ? eitherWay(onLanes, onRanges) : eitherWay(onRanges, onLanes);
    });
  }

  /** Lists dead letters. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID */
  async deadLetters(topic: string, name: string, options: DeadLetterOptions = {}): Promise<DeadLetterPage> {
    const found = await this.#topics.get(topic);
    return listDeadLetters(this.#context, found, await this.#registry.get(found, name), options);
  }

  /** Hands dead letters back to the group. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID */
  async redrive(topic: string, name: string, target: RedriveTarget): Promise<{ redriven: number }> {
    await this.get(topic, name);
    return this.#run(topic, name, async (found, group) => {
      const result = await redrive(this.#context, found, group, target);
      // Whether a message is on its way already, the lanes know. Whoever files moves over what is left here.
      if (usesLanes(group))
        await this.#lanes
          .of(found, group)
          .moveOver(found, group)
          .catch(() => {});
      return result;
    });
  }

  /** Leases messages of one partition, without reading them; not of a group on lanes. Makes a group that does not exist, as `receive` does. */
  acquire(topic: string, name: string, partition: number, options: AcquireOptions): Promise<Acquisition> {
    const create = options.create ?? true;
    const onRanges = async (found: Topic, group: Group) => {
      if (!usesLanes(group)) return this.#acquire(found, group, partition, options);
      throw new TidegateError(
        "NOT_SUPPORTED",
        `${name} is on lanes: its messages are taken from all partitions at once`,
        {
          field: "group",
        },
      );
    };
    return this.#run(topic, name, onRanges, create);
  }

  /**
   * Leases messages of a group on lanes, of several partitions at once and without reading them; null for a group that is
   * not on lanes. Makes a group that does not exist, as `receive` does.
   */
  takeLanes(
    topic: string,
    name: string,
    options: TakeOptions & { readonly create?: boolean | undefined },
  ): Promise<LaneAcquisition | null> {
    return this.#run(
      topic,
      name,
      async (found, group) => {
        if (!usesLanes(group)) return null;
        const taken = await this.#lanes.of(found, group).take(found, group, options);
        if (taken.topicVersion !== null)
          await this.#noteSeen(found, { now: taken.now, topicVersion: taken.topicVersion });
        return taken;
      },
      options.create ?? true,
    );
  }

  /**
   * Hands nothing out of a group on lanes until a time, and then, to probe, one message at a time until it is held no
   * longer (null). @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID
   */
  async hold(topic: string, name: string, options: HoldOptions | null): Promise<void> {
    await this.#run(topic, name, (found, group) => hold(this.#context, found, group, options));
  }

  /** How a group flows: limits, what waits and what is in flight, the keys that matter. @throws GROUP_NOT_FOUND */
  async flow(topic: string, name: string): Promise<Flow> {
    await this.get(topic, name);
    return this.#run(topic, name, async (found, group) => {
      const flow = await readFlow(this.#context, found, group, this.#laneLoader);
      if (flow.inFlight !== null) return { ...flow, inFlight: flow.inFlight };
      return { ...flow, inFlight: (await describe(this.#context, found, group)).inFlight };
    });
  }

  /**
   * Changes how a group flows: limits, a pin over them, single keys. A group on ranges that is given a limit comes to lanes.
   * @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID
   */
  async changeFlow(topic: string, name: string, change: FlowChange): Promise<Flow> {
    const before = await this.get(topic, name);
    const { rate, concurrency, perKey } = change;
    const wanted = changeGroup(before, { rate, concurrency, perKey });
    requireKeys({ ...wanted, pin: pinAfter(before, change) }, change);
    if (changesSettings(change)) {
      await this.#registry.put(topic, name, { rate, concurrency, perKey }, (group) => ({
        ...group,
        pin: pinAfter(group, change),
      }));
    }
    if (change.keys !== undefined || change.reset === true) {
      await this.#run(topic, name, async (found, group) => {
        if (usesLanes(group)) await changeKeys(this.#context, found, group, change);
      });
    }
    return this.flow(topic, name);
  }

  /** How a group on lanes is held; null when it is not. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
  holding(topic: string, name: string): Promise<Holding | null> {
    return this.#run(topic, name, (found, group) => readHolding(this.#context, found, group));
  }

  /** The messages of a lease, in order of offsets; those for another group alone are left out. */
  load(topic: string, name: string, lease: RangeLease): Promise<DeliveredMessage[]> {
    return this.#topics.refreshed(topic, async (found) => {
      if ("lanes" in lease) return this.#laneLoader.loadLease(found, lease);
      const messages = await this.#loader.load(found, lease);
      const skipped = skippedOffsets(messages, name);
      return skipped.length === 0 ? messages : messages.filter(({ offset }) => !skipped.includes(offset));
    });
  }

  /** What was heard of changes of push groups so far: to be asked for before a look at them. */
  pushChanges(): number | null {
    return pushChanges(this.#context, this.#waker);
  }

  /** Waits until push groups may have changed since `seen`, or so long. Never throws. */
  waitForPushChange(
    seen: number | null,
    options: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<void> {
    return waitForPushChange(this.#context, this.#waker, seen, options);
  }

  /** Waits until there may be something in one of the partitions (null for all) since the group last looked there. */
  async wait(
    topic: string,
    name: string,
    partitions: readonly number[] | null,
    options: WaitOptions,
  ): Promise<void> {
    await this.#waiting.wait(await this.#topics.lookup(topic), name, partitions, options);
  }

  async #acquire(
    topic: Topic,
    group: Group,
    partition: number,
    options: AcquireOptions,
  ): Promise<Acquisition> {
    this.#waiting.noteLook(topic, group.name, partition);
    const call = () => acquire(this.#context, topic, group, partition, options, this.#loader);
    const acquisition = await this.#offLanes(topic, group, partition, call, (now, nextDueAt) => {
      return { lease: null, nextDueAt, paused: false, end: 0, now, topicVersion: topic.version };
    });
    await this.#noteSeen(topic, acquisition);
    return acquisition;
  }

  async #look(topic: Topic, group: Group, partition: number, wake: boolean): Promise<Look> {
    this.#waiting.noteLook(topic, group.name, partition);
    const call = () => look(this.#context, topic, group, partition, wake);
    const seen = await this.#offLanes(topic, group, partition, call, (now, nextDueAt) => {
      return { found: false, nextDueAt, paused: false, now, topicVersion: topic.version };
    });
    await this.#noteSeen(topic, seen);
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

  async #noteSeen(topic: Topic, seen: { now: number; topicVersion: number }): Promise<void> {
    this.#waiting.noteClock(seen.now);
    const known = this.#topics.known(topic.name)?.version ?? 0;
    if (seen.topicVersion !== known) await this.#topics.get(topic.name);
  }

  async #setPaused(topic: string, name: string, paused: boolean): Promise<void> {
    await this.get(topic, name);
    await this.#registry.put(topic, name, {}, (group) => ({ ...group, paused }));
  }

  async #requireIdle(topic: string, name: string, wanted: Group): Promise<void> {
    const standing = await this.describe(topic, name);
    // Lanes are handed over and back whatever is held.
    if (usesLanes(standing) || usesLanes(wanted)) return;
    if (standing.ordering === wanted.ordering || standing.inFlight + standing.retrying === 0) return;
    throw new TidegateError("ORDERING_CANNOT_CHANGE", undefined, {
      field: "ordering",
      limit: standing.ordering,
    });
  }

  #run<T>(
    topic: string,
    name: string,
    call: (topic: Topic, group: Group) => Promise<T>,
    create = false,
  ): Promise<T> {
    return this.#registry.run(topic, name, create ? (found) => this.#createDefault(found, name) : null, call);
  }

  /** What a partition that the topic does not have leased is lost. */
  async #runForLease<T>(
    topic: string,
    name: string,
    leaseId: string,
    call: (topic: Topic, group: Group) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#run(topic, name, (found, group) => {
        requirePartition(found, partitionOfLease(leaseId));
        return call(found, group);
      });
    } catch (error) {
      if (!(error instanceof TidegateError && error.code === "PARTITION_NOT_FOUND")) throw error;
      throw new TidegateError("LEASE_LOST", "No lease has this id", { field: "lease" });
    }
  }

  async #createDefault(topic: Topic, name: string): Promise<Group> {
    if (topic.retention.policy === "queue") {
      throw new TidegateError("GROUP_NOT_FOUND", `${topic.name} has no group ${name}`, {
        topic: topic.name,
        group: name,
      });
    }
    return (await this.#registry.put(topic.name, name, {})).group;
  }
}
