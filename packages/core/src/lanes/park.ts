import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { skippedOffsets } from "../groups/skip.ts";
import type { StoredMessage } from "../read/read-log.ts";
import { parkMessages, parkRetries } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import type { DecodedBatch } from "./batch-store.ts";
import type { LaneWriter } from "./lane-of.ts";
import { type LanePartition, parseLanePartition } from "./lane-partition.ts";
import { lanesPartitionCall } from "./lanes-call.ts";
import type { HeldOver, Visit } from "./visit.ts";

const recordBytes = 14;
const retryBytes = 16;

/** Messages of a partition, and what of them is for others. */
export interface Parcel {
  /** First offset that is not in the lanes, before and after. */
  readonly expected: number;
  readonly filed: number;
  readonly records: Buffer;
  readonly skipped: readonly number[];
  readonly count: number;
}

/**
 * Parcels of at most `size` messages from `from` on, of batches that follow each other. Of what lies between `filed` and
 * `from` the log has nothing any more.
 */
export function parcelsOf(
  batches: readonly DecodedBatch[],
  partition: number,
  filed: number,
  from: number,
  groupName: string,
  writeLane: LaneWriter,
  size: number,
): Parcel[] {
  const parcels: Parcel[] = [];
  let expected = filed;
  let records = Buffer.allocUnsafe(size * recordBytes);
  let used = 0;
  let skipped: number[] = [];
  const close = (next: number) => {
    if (next === expected) return;
    const count = used / recordBytes;
    parcels.push({ expected, filed: next, records: records.subarray(0, used), skipped, count });
    expected = next;
    records = Buffer.allocUnsafe(size * recordBytes);
    used = 0;
    skipped = [];
  };
  for (const batch of batches) {
    for (let offset = Math.max(from, batch.first); offset <= batch.last; offset += 1) {
      const record = batch.records?.[offset - batch.first] ?? null;
      if (record && record.headers.length > 0 && skippedOffsets([record], groupName).length > 0) {
        skipped.push(offset);
      } else {
        writeLane(partition, record, records, used);
        records.writeUIntBE(offset, used + 8, 6);
        used += recordBytes;
      }
      if (used === size * recordBytes || skipped.length === size) close(offset + 1);
    }
  }
  close((batches.at(-1)?.last ?? from - 1) + 1);
  return parcels;
}

/** Parks a parcel; false when somebody else was first. */
export async function park(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  seen: Pick<Visit, "era" | "mended" | "first" | "start"> & { readonly meanBytes: number | "" },
  parcel: Pick<Parcel, "expected" | "filed" | "records" | "skipped">,
): Promise<{ parked: boolean; at: LanePartition | null }> {
  const { keys, args } = lanesPartitionCall(context, topic, group, partition);
  const { expected, filed, records, skipped } = parcel;
  const reply = await run(
    context,
    parkMessages,
    keys,
    {
      ...args,
      partition,
      era: seen.era,
      mended: seen.mended ? 1 : "",
      expected,
      first: seen.first,
      start: seen.start,
      filed,
      meanBytes: seen.meanBytes,
      records,
    },
    { args: skipped },
  );
  const [parked, at] = reply as [number, unknown];
  return { parked: parked === 1, at: parseLanePartition(at) };
}

/** Lets the lanes begin anew in a partition: what they had of it is dropped, and leases of it are lost. */
export async function beginLanes(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  { era, first }: { readonly era: number; readonly first: number },
): Promise<void> {
  const nothing = { expected: first, filed: first, records: Buffer.alloc(0), skipped: [] };
  await park(
    context,
    topic,
    group,
    partition,
    { era, mended: false, first, start: 0, meanBytes: "" },
    nothing,
  );
}

/** Moves messages over that the partition itself held; false when somebody else was first. */
export async function parkHeldOver(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  seen: Visit,
  heldOver: HeldOver,
  messages: readonly StoredMessage[],
  moved: string,
  writeLane: LaneWriter,
): Promise<{ parked: boolean; at: LanePartition | null }> {
  const attempts = new Map<number, number>();
  for (const { first, last, attempt } of heldOver.segments) {
    for (let offset = first; offset <= last; offset += 1) attempts.set(offset, attempt);
  }
  const byOffset = new Map(messages.map((message) => [message.offset, message]));
  const kept = [...attempts.keys()].filter((offset) => offset >= seen.start);
  const records = Buffer.alloc(kept.length * retryBytes);
  for (const [index, offset] of kept.entries()) {
    const at = index * retryBytes;
    writeLane(partition, byOffset.get(offset) ?? null, records, at);
    records.writeUIntBE(offset, at + 8, 6);
    const count = attempts.get(offset)!;
    records.writeUInt16BE(count, at + 14);
  }
  const { keys, args } = lanesPartitionCall(context, topic, group, partition);
  const last = heldOver.segments.at(-1)!.last;
  const reply = await run(context, parkRetries, keys, {
    ...args,
    partition,
    era: seen.era,
    mended: seen.mended ? 1 : "",
    first: seen.first,
    expected: moved,
    moved: `${heldOver.id}@${last}`,
    dueAt: heldOver.dueAt,
    piece: heldOver.piece,
    expired: attempts.size - kept.length,
    records,
  });
  const [parked, at] = reply as [number, unknown];
  return { parked: parked === 1, at: parseLanePartition(at) };
}
