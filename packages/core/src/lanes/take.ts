import { limits } from "@tidegate/contracts";
import { type Context, nonce, run } from "../context.ts";
import { requireBounds } from "../groups/bounds.ts";
import type { Group, Ordering } from "../groups/group.ts";
import { partitionOfLease, type RangeLease, type Segment } from "../groups/lease.ts";
import { takeLanes } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import type { Topic } from "../topics/topic.ts";
import { type LaneItem, parseItems } from "./lane-item.ts";
import { isKeyless } from "./lane-of.ts";
import { type LanePartition, parseLanePartition } from "./lane-partition.ts";
import { lanesCall } from "./lanes-call.ts";

/** What a consumer asks for. */
export interface TakeOptions {
  /** Made by the caller, so that a call can be repeated: a lease is called `<partition>.<nonce>-<number>`. Default: a new one. */
  readonly nonce?: string | undefined;
  readonly maxMessages: number;
  /** How many messages a lease has at most; default: as many as are taken of its partition. */
  readonly leaseSize?: number | undefined;
  /** Bounds messages by their mean size. Default 4 MiB. */
  readonly maxBytes?: number | undefined;
  /** Default: the group's. */
  readonly leaseMs?: number | undefined;
  readonly consumer?: string | undefined;
  /** Leave a mark, so that what comes wakes `wait`. */
  readonly wake?: boolean | undefined;
}

/** Messages of one partition that were taken from lanes: a lease as any other. */
export interface LaneLease extends RangeLease {
  /** In order of offsets: the lane of each, null for messages that nothing holds in order. */
  readonly lanes: readonly (string | null)[];
}

/** What one take came to. */
export interface Taken {
  readonly leases: readonly LaneLease[];
  readonly nextDueAt: number | null;
  readonly paused: boolean;
  readonly now: number;
  /** Whether messages await their burial. */
  readonly bury: boolean;
  /** Whether it was not through with what has expired and wants to be called again. */
  readonly unfinished: boolean;
  /** How many more may be parked, when more should be filed; else 0. */
  readonly room: number;
  /** Whether lanes ran out before the bounds were reached. */
  readonly short: boolean;
  /** Whether nothing is handed out until partitions have been handed back. */
  readonly closing: boolean;
  readonly standing: readonly LanePartition[];
}

/** Takes messages that are parked, without reading them. `tell` asks where partitions stand when more should be filed. */
export async function take(
  context: Context,
  topic: Topic,
  group: Group,
  options: TakeOptions,
  tell: boolean,
): Promise<Taken> {
  const { consumer = "", leaseMs, wake, nonce: name = nonce() } = options;
  const { maxMessages, maxBytes } = requireBounds(options);
  const leaseSize = requireInteger("leaseSize", options.leaseSize ?? maxMessages, 1, limits.receiveMessages);
  if (leaseMs !== undefined) requireInteger("leaseMs", leaseMs, limits.leaseMsMin, limits.leaseMs);
  const { keys, args } = lanesCall(context, topic, group);
  const reply = (await run(context, takeLanes, keys, {
    ...args,
    nonce: name,
    maxMessages,
    leaseSize,
    maxBytes,
    leaseMs: leaseMs ?? "",
    consumer,
    wake: wake ? 1 : "",
    tell: tell ? 1 : "",
  })) as [Buffer, Buffer, number, Buffer, Buffer[], number, number, number, number, unknown[], number];
  const [now, due, paused, deadline, leases, bury, unfinished, room, short, standing, closing] = reply;
  return {
    leases: parseLeases(leases, Number(deadline), group.ordering),
    nextDueAt: due.length === 0 ? null : Number(due),
    paused: paused === 1,
    now: Number(now),
    bury: bury === 1,
    unfinished: unfinished === 1,
    room,
    short: short === 1,
    closing: closing === 1,
    standing: standing.flatMap((one) => parseLanePartition(one) ?? []),
  };
}

function parseLeases(list: readonly Buffer[], deadline: number, ordering: Ordering): LaneLease[] {
  // Messages without a key are in the lane of their partition: that is in order only where partitions are.
  const holds = (lane: string) => ordering === "partition" || (ordering === "key" && !isKeyless(lane));
  const leases: LaneLease[] = [];
  for (let index = 0; index < list.length; index += 2) {
    const id = list[index]!.toString();
    const items = parseItems(list[index + 1]!);
    leases.push({
      id,
      partition: partitionOfLease(id),
      deadline,
      segments: segmentsOf(items),
      lanes: items.map(({ lane }) => (holds(lane) ? lane : null)),
    });
  }
  return leases;
}

function segmentsOf(items: readonly LaneItem[]): Segment[] {
  const segments: { first: number; last: number; attempt: number }[] = [];
  for (const { offset, attempt } of items) {
    const segment = segments.at(-1);
    if (segment && segment.last + 1 === offset && segment.attempt === attempt) segment.last = offset;
    else segments.push({ first: offset, last: offset, attempt });
  }
  return segments;
}
