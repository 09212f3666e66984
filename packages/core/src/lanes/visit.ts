import { TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { type Exhausted, parseExhausted } from "../groups/bury.ts";
import type { Group } from "../groups/group.ts";
import { groupCall } from "../groups/group-call.ts";
import { parseSegments, type Segment } from "../groups/lease.ts";
import { visitPartition } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import type { LanePartition } from "./lane-partition.ts";
import { readLanePartitions } from "./read-partitions.ts";

/** Messages that a partition itself holds for a group and that are to be moved into its lanes. */
export interface HeldOver {
  readonly id: string;
  readonly dueAt: number;
  /** How many may be taken together, where they ran out unreported; else 0. */
  readonly piece: number;
  readonly segments: readonly Segment[];
}

/** What a partition tells the lanes of a group. */
export interface Visit {
  readonly now: number;
  readonly start: number;
  readonly end: number;
  readonly era: number;
  /** Where the lanes begin in this era. */
  readonly first: number;
  readonly nextDueAt: number | null;
  readonly topicVersion: number;
  readonly meanBytes: number;
  readonly heldOver: HeldOver | null;
  /** Deadline of a lease of the time before lanes that is still held. */
  readonly leasedUntil: number | null;
  readonly exhausted: readonly Exhausted[];
  /** Whether what the caller knows of the lanes does not fit: they are to be asked again. */
  readonly stale: boolean;
  /** Whether this era began because one side had lost what it knew. */
  readonly mended: boolean;
}

/**
 * Asks a partition where it stands, and tells it how far the lanes have come there. With `wake`, who waits is told what is
 * appended. `lost` is an era of which the lanes, asked again, turned out to know nothing any more, or in which they are ahead of
 * the partition.
 */
export async function visit(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  known: LanePartition | null,
  { wake = false, lost = null }: { readonly wake?: boolean; readonly lost?: number | null } = {},
): Promise<Visit> {
  const { keys, args } = groupCall(context, topic, group, partition);
  const reply = (await run(context, visitPartition, keys, {
    ...args,
    era: known?.era ?? "",
    filed: known?.filed ?? "",
    committed: known?.committed ?? "",
    held: known?.held ?? "",
    ended: known?.ended ?? "",
    moved: known?.moved ?? "",
    revision: known?.revision ?? "",
    lost: lost ?? "",
    wake: wake ? 1 : "",
  })) as Reply;
  const [now, start, end, era, first, due, topicVersion, meanBytes] = reply;
  const [holder, dueAt, piece, segments, deadline, exhausted, stale, mended] = reply.slice(8) as Tail;
  return {
    now,
    start,
    end,
    era,
    first,
    nextDueAt: numberOrNull(due),
    topicVersion,
    meanBytes,
    heldOver:
      holder.length === 0
        ? null
        : {
            id: holder.toString(),
            dueAt: Number(dueAt.toString()),
            piece,
            segments: parseSegments(segments),
          },
    leasedUntil: numberOrNull(deadline),
    exhausted: parseExhausted(exhausted),
    stale: stale === 1,
    mended: mended === 1,
  };
}

/** Lets partitions let go of what was moved over to the lanes, where whoever moved it died before they did. */
export async function letGoOfMoved(
  context: Context,
  topic: Topic,
  group: Group,
  partitions: readonly number[],
): Promise<void> {
  const standing = await readLanePartitions(context, topic, group).catch((error) => {
    if (error instanceof TidegateError && error.code === "GROUP_NOT_FOUND") return [];
    throw error;
  });
  const known = standing.filter(({ partition }) => partitions.includes(partition));
  await Promise.all(known.map((at) => visit(context, topic, group, at.partition, at)));
}

function numberOrNull(text: Buffer): number | null {
  return text.length === 0 ? null : Number(text.toString());
}

type Head = [number, number, number, number, number, Buffer, number, number];
type Tail = [Buffer, Buffer, number, number[], Buffer, unknown[], number, number];
type Reply = [...Head, ...Tail];
