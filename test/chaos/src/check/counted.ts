import { type LanesSeen, laneIn } from "./lane.ts";
import { isBroken, type LeaseEnd, type LeaseSeen, type Record } from "./record.ts";

/** What a settle or an extend acknowledged: beyond doubt, and at most. */
export interface Counted {
  readonly end: LeaseEnd;
  readonly surely: ReadonlySet<number>;
  readonly maybe: ReadonlySet<number>;
}

/**
 * What each end of a lease acknowledged, of what its consumer had seen of it: the rest would be lost to him. Where order matters an acknowledgement counts only in front of the first message
 * of its lane that goes back: behind it a settle releases, and so does an extend behind what it gives back; behind what it keeps it keeps. What is dead-lettered holds nothing back.
 */
export function countedOf(record: Record, lease: LeaseSeen): Counted[] {
  const offsets = [...new Set(lease.delivered.map(([offset]) => offset))].sort((one, other) => one - other);
  const lanes = laneIn(record, lease);
  /** What has left the lease; what may have; and what may have been given back in the middle of it. */
  const out = new Set<number>();
  const perhapsOut = new Set<number>();
  const perhapsReleased = new Set<number>();
  return lease.ends.map((end) => {
    const told = end.error === null && end.answeredAt !== null;
    const asked = acknowledged(end, offsets);
    // A rollback may have put back what had left.
    const unsure = isBroken(record, lease, lease.sentAt, end.answeredAt ?? Number.POSITIVE_INFINITY);
    const inLease = offsets.filter((offset) => unsure || !out.has(offset));
    const holdsBack = (offset: number) =>
      end.outcome.rest === "keep" || !end.outcome.deadLetter.includes(offset);
    const counted = (passes: (offset: number) => boolean) => {
      const result: number[] = [];
      const blocked = new Set<string>();
      for (const offset of inLease) {
        const lane = lanes.of(offset);
        if (asked.has(offset)) {
          if (lane === null || !blocked.has(lane)) result.push(offset);
        } else if (lane !== null && !passes(offset) && holdsBack(offset)) blocked.add(lane);
      }
      return result;
    };
    const maybe = counted((offset) => perhapsOut.has(offset));
    const surely = told ? counted(() => false).filter((offset) => !perhapsReleased.has(offset)) : [];
    if (end.outcome.rest === "keep") {
      const released = givenBack(lanes, inLease, end.outcome.release);
      for (const offset of released) perhapsReleased.add(offset);
      for (const offset of [...maybe, ...released]) perhapsOut.add(offset);
      for (const offset of told ? [...surely, ...released] : []) out.add(offset);
    } else if (told) for (const offset of offsets) out.add(offset);
    return { end, surely: new Set(surely), maybe: new Set(maybe) };
  });
}

/** What an extend gives back: what it names and, where order matters, what stands behind that in its lane. */
export function givenBack(
  lanes: LanesSeen,
  inLease: readonly number[],
  release: readonly number[],
): Set<number> {
  const result = new Set(release);
  const open = new Set<string>();
  for (const offset of inLease) {
    const lane = lanes.of(offset);
    if (lane === null) continue;
    if (result.has(offset)) open.add(lane);
    else if (open.has(lane)) result.add(offset);
  }
  return result;
}

/** The offsets that a lease had, in order, whether they were delivered or not. */
export function offsetsOf(lease: LeaseSeen): number[] {
  const offsets = new Set<number>();
  for (const { first, last } of lease.segments) for (let at = first; at <= last; at += 1) offsets.add(at);
  for (const [offset] of lease.delivered) offsets.add(offset);
  return [...offsets].sort((one, other) => one - other);
}

/** What a settle or an extend asks to have acknowledged. */
export function acknowledged(end: LeaseEnd, offsets: readonly number[]): Set<number> {
  const { ack, retry, release, deadLetter } = end.outcome;
  if (ack !== "all") return new Set(ack);
  const others = new Set([...retry, ...release, ...deadLetter]);
  return new Set(offsets.filter((offset) => !others.has(offset)));
}
