import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { groupCall } from "../groups/group-call.ts";
import type { GroupPartition, HeldLease } from "../groups/group-partition.ts";
import { describeGroupLanes, withLanes } from "../lanes/describe-lanes.ts";
import { letGoOfMoved } from "../lanes/visit.ts";
import { describeGroup } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";

/** A group, its sums over all partitions and its partitions. */
export interface GroupDescription extends Group {
  /** Nothing is handed out before, by Redis's clock; null when nothing is held. */
  readonly heldUntil: number | null;
  readonly lag: number;
  readonly inFlight: number;
  readonly retrying: number;
  readonly deadLettered: number;
  readonly expired: number;
  readonly partitions: readonly GroupPartition[];
}

const leasesShown = 100;

/** Reads where a group stands, from counters: O(partitions + leases). */
export async function describe(context: Context, topic: Topic, group: Group): Promise<GroupDescription> {
  const numbers = Array.from({ length: topic.partitions }, (_, partition) => partition);
  const look = () =>
    Promise.all(numbers.map((partition) => describePartition(context, topic, group, partition)));
  let states = await look();
  // Of what was moved over to lanes, a process that died may have left the partition's part: it would count twice.
  const leftBehind = states.filter(({ state, onLanes }) => onLanes && state.retrying > 0);
  if (leftBehind.length > 0) {
    const at = leftBehind.map(({ state }) => state.partition);
    await letGoOfMoved(context, topic, group, at);
    states = await look();
  }
  const lanes = states.some(({ onLanes }) => onLanes)
    ? await describeGroupLanes(context, topic, group)
    : null;
  const partitions = states.map(({ state, onLanes, heldFrom }) =>
    lanes !== null && onLanes ? withLanes(state, heldFrom, lanes.partitions.get(state.partition)) : state,
  );
  const sum = (field: "lag" | "inFlight" | "retrying" | "deadLettered" | "expired") =>
    partitions.reduce((total, partition) => total + partition[field], 0);
  return {
    ...group,
    heldUntil: lanes?.heldUntil ?? null,
    lag: sum("lag"),
    inFlight: sum("inFlight"),
    retrying: sum("retrying"),
    deadLettered: sum("deadLettered"),
    expired: sum("expired"),
    partitions,
  };
}

async function describePartition(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
): Promise<{ state: GroupPartition; onLanes: boolean; heldFrom: number | null }> {
  const { keys, args } = groupCall(context, topic, group, partition);
  const reply = await run(context, describeGroup, keys, { ...args, leaseLimit: leasesShown });
  const [next, committed, end, inFlight, retrying, acked, deadLettered, expired, leases, onLanes, heldFrom] =
    reply as [number, number, number, number, number, number, number, number, unknown[], number, number];
  const state = {
    partition,
    next,
    committed,
    end,
    lag: end - next + inFlight + retrying,
    inFlight,
    retrying,
    acked,
    deadLettered,
    expired,
    leases: parseLeases(leases),
  };
  return { state, onLanes: onLanes === 1, heldFrom: heldFrom < 0 ? null : heldFrom };
}

function parseLeases(list: readonly unknown[]): HeldLease[] {
  const leases: HeldLease[] = [];
  for (let index = 0; index < list.length; index += 4) {
    const [id, consumer, deadline, messages] = list.slice(index, index + 4) as [
      Buffer,
      Buffer,
      number,
      number,
    ];
    leases.push({ id: id.toString(), consumer: consumer.toString() || null, deadline, messages });
  }
  return leases;
}
