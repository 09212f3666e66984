import { finalGroup, type LeaseSeen, type Record } from "./record.ts";

/** The lanes of messages that were delivered. */
export interface LanesSeen {
  readonly ordering: "none" | "partition" | "key";
  /** What holds the message in order: its partition, or its key; null: nothing does. */
  of(offset: number): string | null;
}

/** The lane of the messages of a partition. */
export const partitionLane = "";

/** For what a finding tells. */
export function ofLane(lane: string): string {
  return lane === partitionLane ? "" : ` of ${lane}`;
}

/** The lanes of what was delivered of a lease. */
export function laneIn(record: Record, lease: LeaseSeen): LanesSeen {
  const ordering = finalGroup(record, lease.topic, lease.group)?.ordering ?? "none";
  if (ordering !== "key") return { ordering, of: () => (ordering === "none" ? null : partitionLane) };
  const keys = keysIn(record, lease);
  return { ordering, of: (offset) => keys.get(offset) ?? null };
}

/** The key of each message that was loaded of a lease; null where it has none. */
export function keysIn(record: Record, lease: LeaseSeen): Map<number, string | null> {
  return new Map(lease.delivered.map(([offset, id]) => [offset, record.keys.get(id) ?? null]));
}
