import type { Group } from "../groups/group.ts";
import type { Lease } from "../groups/lease.ts";
import { type OpenPort, openLease } from "../groups/open-lease.ts";
import type { ReceiveRound } from "../groups/receive.ts";
import type { Topic } from "../topics/topic.ts";
import type { GroupLanes } from "./group-lanes.ts";
import { singlesOf } from "./lane-loader.ts";

/** One look of a pulling consumer at the lanes of a group: takes, and files while there is more to be had. */
export function lanesRound(lanes: GroupLanes, topic: Topic, group: Group): ReceiveRound {
  const held = new Map<string, number[]>();
  const port: OpenPort = {
    groupName: group.name,
    // What is for other groups never came into the lanes.
    ordered: false,
    load: (lease) => lanes.load(topic, lease),
    release: async (leaseId, release, all) => {
      if (all) await lanes.settle(topic, group, leaseId, { ack: "all", release });
      else await lanes.extend(topic, group, leaseId, { leaseMs: "keep", release });
    },
    // Of a lease of which the log has nothing any more; what is given up without a message counts as expired.
    acknowledge: async (leaseId) => {
      const lost = held.get(leaseId)?.map((offset) => ({ offset })) ?? [];
      await lanes.settle(topic, group, leaseId, { ack: "all", deadLetter: lost });
    },
  };
  return async ({ maxMessages, maxBytes, leaseMs, consumer }, wake) => {
    const leases: Lease[] = [];
    let messagesLeft = maxMessages;
    let bytesLeft = maxBytes;
    for (;;) {
      held.clear();
      const options = {
        maxMessages: messagesLeft,
        maxBytes: bytesLeft,
        leaseMs,
        consumer,
        wake: wake && leases.length === 0,
      };
      const taken = await lanes.take(topic, group, options, true);
      for (const lease of taken.leases) {
        held.set(
          lease.id,
          singlesOf(lease.segments).map(({ offset }) => offset),
        );
        const { messages, bytes, full } = await openLease(
          port,
          lease,
          Math.max(0, bytesLeft),
          leases.length === 0,
        );
        if (full) bytesLeft = 0;
        if (messages.length === 0) continue;
        leases.push({ id: lease.id, partition: lease.partition, deadline: lease.deadline, messages });
        messagesLeft -= messages.length;
        bytesLeft -= bytes;
      }
      const enough = messagesLeft <= 0 || bytesLeft <= 0;
      const wanting = taken.leases.length > 0 && !enough;
      if (!wanting || !(leases.length === 0 || (await lanes.fileMore(topic, group, taken)))) {
        return { leases, paused: leases.length === 0 && taken.paused, nextDueAt: taken.nextDueAt };
      }
    }
  };
}
