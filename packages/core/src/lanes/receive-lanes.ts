import type { Group } from "../groups/group.ts";
import type { Lease } from "../groups/lease.ts";
import { type OpenPort, openLease, type ReceiveRound } from "../groups/receive.ts";
import type { Topic } from "../topics/topic.ts";
import type { GroupLanes } from "./group-lanes.ts";

/** One look of a pulling consumer at the lanes of a group: takes, and files while there is more to be had. */
export function lanesRound(lanes: GroupLanes, topic: Topic, group: Group): ReceiveRound {
  const port: OpenPort = {
    groupName: group.name,
    // What is for other groups never came into the lanes.
    ordered: false,
    load: (lease) => lanes.load(topic, lease),
    release: async (leaseId, release, all) => {
      if (all) await lanes.settle(topic, group, leaseId, { ack: "all", release });
      else await lanes.extend(topic, group, leaseId, { leaseMs: "keep", release });
    },
    acknowledge: async (leaseId, offsets, all) => {
      if (all) await lanes.settle(topic, group, leaseId, { ack: "all" });
      else await lanes.extend(topic, group, leaseId, { leaseMs: "keep", ack: offsets });
    },
  };
  return async ({ maxMessages, maxBytes, leaseMs, consumer }, wake) => {
    const leases: Lease[] = [];
    let messagesLeft = maxMessages;
    let bytesLeft = maxBytes;
    for (;;) {
      const taken = await lanes.take(topic, group, {
        maxMessages: messagesLeft,
        maxBytes: bytesLeft,
        leaseMs,
        consumer,
        wake: wake && leases.length === 0,
      });
      for (const lease of taken.leases) {
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
