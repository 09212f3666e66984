import { acknowledged, givenBack, offsetsOf } from "./counted.ts";
import { laneIn } from "./lane.ts";
import { concerns, type LeaseSeen, type Record } from "./record.ts";

/** Clocks are read in whole milliseconds. */
const toleranceMs = 2;

/** From when until when messages were held beyond doubt. */
export interface Hold {
  readonly lease: LeaseSeen;
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly last: number;
}

/** The whole partition for as long as the lease lasts. */
export function wholeHold(record: Record, lease: LeaseSeen): Hold[] {
  const to = latestEnd(record, lease);
  return to > lease.acquiredAt
    ? [{ lease, from: lease.acquiredAt, to, first: 0, last: Number.MAX_VALUE }]
    : [];
}

/** What a lease held, in runs of offsets: until somebody asked to let it go, or it may have been lost. */
export function holdsOf(record: Record, lease: LeaseSeen): Hold[] {
  const limit = latestEnd(record, lease);
  const partly = lease.ends.filter(({ outcome }) => outcome.rest === "keep");
  const offsets = offsetsOf(lease);
  const lanes = laneIn(record, lease);
  const gone = partly.map((end) => ({
    sentAt: end.sentAt,
    back: givenBack(lanes, offsets, end.outcome.release),
    acked: acknowledged(end, offsets),
  }));
  return lease.segments.flatMap(({ first, last, acquiredAt }) => {
    if (partly.length === 0)
      return limit > acquiredAt ? [{ lease, from: acquiredAt, to: limit, first, last }] : [];
    const holds: Hold[] = [];
    for (let offset = first; offset <= last; offset += 1) {
      const letGo = gone
        .filter(({ back, acked }) => acked.has(offset) || back.has(offset))
        .map(({ sentAt }) => sentAt);
      const to = Math.min(limit, ...letGo);
      if (to > acquiredAt) holds.push({ lease, from: acquiredAt, to, first: offset, last: offset });
    }
    return holds;
  });
}

/** Until when a lease was held at least. */
function latestEnd(record: Record, lease: LeaseSeen): number {
  return Math.min(
    lease.deadline - record.history.wallOffset - toleranceMs,
    ...record.breaks
      .filter((broken) => concerns(broken, lease.topic, lease.group) && broken.to >= lease.sentAt)
      .map(({ from }) => from),
    ...lease.ends.filter(({ outcome }) => outcome.rest === "retry").map(({ sentAt }) => sentAt),
  );
}
