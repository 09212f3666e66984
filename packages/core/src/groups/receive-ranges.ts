import type { AcquireOptions, Acquisition } from "./acquire.ts";
import { type Lease, newLeaseId } from "./lease.ts";
import type { Look } from "./look.ts";
import { type OpenPort, openLease } from "./open-lease.ts";
import type { BoundedOptions, ReceiveOptions, ReceiveRound } from "./receive.ts";

/** What a look at a group on ranges needs of it. */
export interface RangesPort extends OpenPort {
  readonly partitions: number;
  /** Where to look first, so that consumers spread. */
  readonly firstPartition: number;
  look(partition: number, wake: boolean): Promise<Look>;
  acquire(partition: number, options: AcquireOptions): Promise<Acquisition>;
}

/**
 * One look of a pulling consumer at a group on ranges: at all partitions in one round trip, then acquires where there is
 * something until the bounds are reached.
 */
export async function rangesRound(
  port: RangesPort,
  options: BoundedOptions,
  wake: boolean,
): ReturnType<ReceiveRound> {
  const order = Array.from(
    { length: port.partitions },
    (_, step) => (port.firstPartition + step) % port.partitions,
  );
  const looks = await Promise.all(order.map((partition) => port.look(partition, wake)));
  const leases: Lease[] = [];
  const left = { messages: options.maxMessages, bytes: options.maxBytes };
  for (const [index, partition] of order.entries()) {
    if (looks[index]!.found) await takeFrom(port, partition, options, wake, left, leases);
    if (left.messages <= 0 || left.bytes <= 0) break;
  }
  const dues = looks.flatMap(({ nextDueAt, paused }) => (nextDueAt === null || paused ? [] : [nextDueAt]));
  return {
    leases,
    paused: leases.length === 0 && looks.some(({ paused }) => paused),
    nextDueAt: dues.length === 0 ? null : Math.min(...dues),
  };
}

/** Leases of one partition until it has no more, or the bounds are reached. */
async function takeFrom(
  port: RangesPort,
  partition: number,
  options: ReceiveOptions,
  wake: boolean,
  left: { messages: number; bytes: number },
  leases: Lease[],
): Promise<void> {
  while (left.messages > 0 && left.bytes > 0) {
    const { lease } = await port.acquire(partition, {
      leaseId: newLeaseId(partition),
      maxMessages: left.messages,
      maxBytes: left.bytes,
      leaseMs: options.leaseMs,
      consumer: options.consumer,
      wake: wake && leases.length === 0,
    });
    if (lease === null) return;
    const { messages, bytes, full } = await openLease(port, lease, left.bytes, leases.length === 0);
    if (full) left.bytes = 0;
    if (messages.length === 0) continue;
    leases.push({ id: lease.id, partition, deadline: lease.deadline, messages });
    left.messages -= messages.length;
    left.bytes -= bytes;
  }
}
