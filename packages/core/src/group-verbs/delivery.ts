import { TidegateError } from "@tidegate/contracts";
import { ObservedDelivery } from "../figures/observed-delivery.ts";
import type { AcquireOptions, Acquisition } from "../groups/acquire.ts";
import { usesLanes } from "../groups/group.ts";
import type { DeliveredMessage, RangeLease } from "../groups/lease.ts";
import type { Outcome } from "../groups/outcome.ts";
import { type Received, type ReceiveOptions, receiveInRounds } from "../groups/receive.ts";
import type { ExtendOptions, SettleResult } from "../groups/settle.ts";
import type { WaitOptions } from "../groups/waiting.ts";
import type { LaneAcquisition } from "../lanes/group-lanes.ts";
import type { LaneLoader } from "../lanes/lane-loader.ts";
import { eitherWay, type Lanes } from "../lanes/lanes.ts";
import { lanesRound } from "../lanes/receive-lanes.ts";
import type { TakeOptions } from "../lanes/take.ts";
import type { GroupCalls } from "./group-calls.ts";
import type { Ranges } from "./ranges.ts";

/** What groups hand out and take back, wherever they keep it. */
export function deliveryVerbs(calls: GroupCalls, ranges: Ranges, lanes: Lanes, laneLoader: LaneLoader) {
  const observe = new ObservedDelivery(calls.context);
  return {
    /**
     * Leases messages, waiting up to `waitMs` for the first. A group that does not exist is made with defaults, except in
     * a topic with policy `queue`, where it would hold messages back. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID
     */
    receive(topic: string, name: string, options: ReceiveOptions = {}): Promise<Received> {
      return calls.run(
        topic,
        name,
        async (found, group) => {
          const onLanes = usesLanes(group);
          const round = onLanes
            ? lanesRound(lanes.of(found, group), found, group)
            : ranges.round(found, group);
          const wait = (untilAt: number | null, timeoutMs: number, signal: AbortSignal | undefined) =>
            calls.waiting.wait(found, name, null, { untilAt, timeoutMs, signal, lanes: onLanes });
          const received = await receiveInRounds(round, wait, options);
          observe.received(found, name, received);
          return received;
        },
        options.create ?? true,
      );
    },

    /** Ends a lease. An identical repeat gets the first answer. @throws LEASE_LOST, INVALID, GROUP_NOT_FOUND */
    settle(topic: string, name: string, leaseId: string, outcome: Outcome): Promise<SettleResult> {
      return calls.runForLease(topic, name, leaseId, async (found, group) => {
        const onRanges = () => ranges.settle(found, group, leaseId, outcome);
        const onLanes = () => lanes.of(found, group).settle(found, group, leaseId, outcome);
        const settled = usesLanes(group)
          ? await eitherWay(onLanes, onRanges)
          : await eitherWay(onRanges, onLanes);
        observe.settled(found, name, leaseId, settled);
        return settled;
      });
    },

    /** Moves a lease's deadline, and acknowledges what is done so far. @throws LEASE_LOST, INVALID, GROUP_NOT_FOUND */
    extend(
      topic: string,
      name: string,
      leaseId: string,
      options: ExtendOptions,
    ): Promise<{ deadline: number }> {
      return calls.runForLease(topic, name, leaseId, async (found, group) => {
        const onRanges = () => ranges.extend(found, group, leaseId, options);
        const onLanes = () => lanes.of(found, group).extend(found, group, leaseId, options);
        const extended = usesLanes(group)
          ? await eitherWay(onLanes, onRanges)
          : await eitherWay(onRanges, onLanes);
        observe.extended(found, name, leaseId, options);
        return extended;
      });
    },

    /** Leases messages of one partition, without reading them; not of a group on lanes. Makes a group that does not exist, as `receive` does. */
    acquire(topic: string, name: string, partition: number, options: AcquireOptions): Promise<Acquisition> {
      return calls.run(
        topic,
        name,
        async (found, group) => {
          if (!usesLanes(group)) {
            const acquisition = await ranges.acquire(found, group, partition, options);
            if (acquisition.lease !== null) observe.leased(found, name, acquisition.lease);
            return acquisition;
          }
          throw new TidegateError(
            "NOT_SUPPORTED",
            `${name} is on lanes: its messages are taken from all partitions at once`,
            { field: "group" },
          );
        },
        options.create ?? true,
      );
    },

    /**
     * Leases messages of a group on lanes, of several partitions at once and without reading them; null for a group that is
     * not on lanes. Makes a group that does not exist, as `receive` does.
     */
    takeLanes(
      topic: string,
      name: string,
      options: TakeOptions & { readonly create?: boolean | undefined },
    ): Promise<LaneAcquisition | null> {
      return calls.run(
        topic,
        name,
        async (found, group) => {
          if (!usesLanes(group)) return null;
          const taken = await lanes.of(found, group).take(found, group, options);
          if (taken.topicVersion !== null)
            await calls.noteSeen(found, { now: taken.now, topicVersion: taken.topicVersion });
          for (const lease of taken.leases) observe.leased(found, name, lease);
          return taken;
        },
        options.create ?? true,
      );
    },

    /** The messages of a lease, in order of offsets; those for another group alone are left out. */
    load(topic: string, name: string, lease: RangeLease): Promise<DeliveredMessage[]> {
      return calls.topics.refreshed(topic, async (found) => {
        const messages =
          "lanes" in lease ? await laneLoader.loadLease(found, lease) : await ranges.load(found, name, lease);
        observe.loaded(topic, name, messages);
        return messages;
      });
    },

    /** Waits until there may be something in one of the partitions (null for all) since the group last looked there. */
    async wait(
      topic: string,
      name: string,
      partitions: readonly number[] | null,
      options: WaitOptions,
    ): Promise<void> {
      await calls.waiting.wait(await calls.topics.lookup(topic), name, partitions, options);
    },
  };
}
