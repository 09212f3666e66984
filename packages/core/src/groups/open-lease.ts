import type { DeliveredMessage, RangeLease } from "./lease.ts";
import { skippedOffsets } from "./skip.ts";

/** What opening a lease needs of its group. */
export interface OpenPort {
  load(lease: RangeLease): Promise<DeliveredMessage[]>;
  release(leaseId: string, offsets: readonly number[], all: boolean): Promise<void>;
  acknowledge(leaseId: string, offsets: readonly number[], all: boolean): Promise<void>;
  readonly groupName: string;
  /** Whether an acknowledgement counts only at the front of a lease. */
  readonly ordered: boolean;
}

/**
 * The messages of a lease that its consumer is given. Those for another group alone are acknowledged unseen; those over
 * the bound in bytes go back as if never handed out; what retention took away is acknowledged, since nothing is left.
 */
export async function openLease(
  port: OpenPort,
  lease: RangeLease,
  maxBytes: number,
  atLeastOne: boolean,
): Promise<{ messages: DeliveredMessage[]; bytes: number; full: boolean }> {
  const loaded = await port.load(lease);
  const skipped = skippedOffsets(loaded, port.groupName);
  const wanted = skipped.length === 0 ? loaded : loaded.filter(({ offset }) => !skipped.includes(offset));
  if (wanted.length === 0) {
    await port.acknowledge(lease.id, skipped, true);
    return { messages: [], bytes: 0, full: false };
  }
  // In an ordered group those in the middle wait for the lease at whose front they will be, and what follows with them.
  const first = wanted[0]!.offset;
  const passed = port.ordered ? skipped.filter((offset) => offset < first) : skipped;
  const end = skipped.find((offset) => !passed.includes(offset)) ?? Number.POSITIVE_INFINITY;
  if (passed.length > 0) await port.acknowledge(lease.id, passed, false);
  let bytes = 0;
  let count = 0;
  let full = false;
  for (const { offset, key, value } of wanted) {
    const size = (key?.length ?? 0) + (value?.length ?? 0);
    full = (count > 0 || !atLeastOne) && bytes + size > maxBytes;
    if (full || offset > end) break;
    bytes += size;
    count += 1;
  }
  const from = Math.min(end, wanted[count]?.offset ?? end);
  const over = loaded
    .map(({ offset }) => offset)
    .filter((offset) => offset >= from && !passed.includes(offset));
  if (over.length > 0) await port.release(lease.id, over, count === 0);
  return { messages: wanted.slice(0, count), bytes, full };
}
