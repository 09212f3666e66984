import { limits, TidegateError } from "@tidegate/contracts";
import { nonce } from "../context.ts";
import type { StoredMessage } from "../read/read-log.ts";

/** Consecutive offsets that were delivered as often. */
export interface Segment {
  readonly first: number;
  readonly last: number;
  /** Which delivery this is, from 1. */
  readonly attempt: number;
}

/** What a consumer holds until a deadline, without the messages themselves. */
export interface RangeLease {
  /** `<partition>.<nonce>`: whoever knows it holds the lease. */
  readonly id: string;
  readonly partition: number;
  /** Milliseconds since the epoch by Redis's clock. */
  readonly deadline: number;
  readonly segments: readonly Segment[];
}

/** A message of a lease. */
export interface DeliveredMessage extends StoredMessage {
  /** Which delivery this is, from 1. */
  readonly attempt: number;
  /** From a group on lanes, of a message that was delayed: the number that it had then, which its first ticket names. */
  readonly delayedId?: number;
}

/** A lease with its messages, in order of offsets. */
export interface Lease {
  readonly id: string;
  readonly partition: number;
  readonly deadline: number;
  readonly messages: DeliveredMessage[];
}

/** Makes the id of a lease in a partition. */
export function newLeaseId(partition: number): string {
  return `${partition}.${nonce()}`;
}

/** The partition that a lease id names. @throws LEASE_LOST for what no lease can be called */
export function partitionOfLease(leaseId: string): number {
  const match = /^(\d{1,4})\.[A-Za-z0-9_-]{8,64}$/.exec(leaseId);
  const partition = match ? Number(match[1]) : limits.partitions;
  if (partition < limits.partitions) return partition;
  throw new TidegateError("LEASE_LOST", "No lease has this id", { field: "lease" });
}

/** The segments of a script's flat list: first, last, attempt. */
export function parseSegments(list: readonly number[]): Segment[] {
  const segments: Segment[] = [];
  for (let index = 0; index < list.length; index += 3) {
    segments.push({ first: list[index]!, last: list[index + 1]!, attempt: list[index + 2]! });
  }
  return segments;
}

/** How many messages segments have. */
export function countMessages(segments: readonly Segment[]): number {
  return segments.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
