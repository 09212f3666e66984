import { TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import type { GroupPartition, HeldLease } from "../groups/group-partition.ts";
import { describeLanes } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import { lanesCall } from "./lanes-call.ts";

/** Where the lanes of a group stand in a partition. */
export interface LanesInPartition {
  readonly partition: number;
  readonly filed: number;
  readonly committed: number;
  readonly parked: number;
  readonly inFlight: number;
  readonly retrying: number;
  readonly acked: number;
  readonly deadLettered: number;
  readonly expired: number;
  readonly leases: readonly HeldLease[];
}

/** Where the lanes of a group stand. */
export interface LanesDescription {
  readonly heldUntil: number | null;
  readonly partitions: ReadonlyMap<number, LanesInPartition>;
}

const fieldsOfPartition = 10;
const fieldsOfLease = 5;
const leasesOfPartition = 100;
/** Deadlines and due times that are looked at for leases. */
const mostLookedAt = 1000;

/** Reads where the lanes of a group stand, and who holds the leases that end next; nothing when it has none. */
export async function describeGroupLanes(
  context: Context,
  topic: Topic,
  group: Group,
  lookAt = mostLookedAt,
): Promise<LanesDescription> {
  const { keys, args } = lanesCall(context, topic, group);
  const reply = await run(context, describeLanes, keys, { ...args, lookAt }).catch((error) => {
    if (error instanceof TidegateError && error.code === "GROUP_NOT_FOUND") return [Buffer.alloc(0), [], []];
    throw error;
  });
  const [held, list, leases] = reply as [Buffer, number[], (Buffer | number)[]];
  const byPartition = parseLeases(leases);
  const partitions = new Map<number, LanesInPartition>();
  for (let index = 0; index < list.length; index += fieldsOfPartition) {
    const [partition, , filed, committed, parked, inFlight, retrying, acked, deadLettered, expired] =
      list.slice(index, index + fieldsOfPartition) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
    partitions.set(partition, {
      partition,
      filed,
      committed,
      parked,
      inFlight,
      retrying,
      acked,
      deadLettered,
      expired,
      leases: byPartition.get(partition) ?? [],
    });
  }
  return { heldUntil: held.length === 0 ? null : Number(held), partitions };
}

/**
 * A partition of a group as its own state and the group's lanes tell it together; `heldFrom` is the first offset that the
 * partition itself has leased or retried.
 */
export function withLanes(
  partition: GroupPartition,
  heldFrom: number | null,
  lanes: LanesInPartition | undefined,
): GroupPartition {
  if (lanes === undefined) return partition;
  const inFlight = partition.inFlight + lanes.inFlight;
  const retrying = partition.retrying + lanes.retrying;
  const next = Math.max(partition.next, lanes.filed);
  return {
    partition: partition.partition,
    next,
    committed: Math.min(lanes.committed, heldFrom ?? next),
    end: partition.end,
    lag: partition.end - next + lanes.parked + inFlight + retrying,
    inFlight,
    retrying,
    acked: partition.acked + lanes.acked,
    deadLettered: partition.deadLettered + lanes.deadLettered,
    expired: partition.expired + lanes.expired,
    leases: [...partition.leases, ...lanes.leases].slice(0, leasesOfPartition),
  };
}

function parseLeases(list: readonly (Buffer | number)[]): Map<number, HeldLease[]> {
  const byPartition = new Map<number, HeldLease[]>();
  for (let index = 0; index < list.length; index += fieldsOfLease) {
    const [id, partition, consumer, deadline, messages] = list.slice(index, index + fieldsOfLease) as [
      Buffer,
      number,
      Buffer,
      Buffer,
      number,
    ];
    const held = {
      id: id.toString(),
      consumer: consumer.toString() || null,
      deadline: Number(deadline),
      messages,
    };
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), held]);
  }
  return byPartition;
}
