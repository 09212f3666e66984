import { acknowledged, offsetsOf } from "./endings.ts";
import type { Finding } from "./finding.ts";
import { concerns, finalGroup, type LeaseSeen, leasesByPartition, type Record } from "./record.ts";

/** Clocks are read in whole milliseconds. */
const toleranceMs = 2;

/** From when until when a lease was held beyond doubt. */
interface Hold {
  readonly lease: LeaseSeen;
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly last: number;
}

/** Two leases at once on an ordered partition, or on the same messages. */
export function checkHolders(record: Record): Finding[] {
  const findings: Finding[] = [];
  for (const leases of leasesByPartition(record).values()) {
    const { topic, group, partition } = leases[0]!;
    const ordered = finalGroup(record, topic, group)?.ordering === "partition";
    const holds = leases
      .flatMap((lease) => holdsOf(record, lease, ordered))
      .sort((one, other) => one.from - other.from);
    let open: Hold[] = [];
    for (const hold of holds) {
      open = open.filter(({ to }) => to > hold.from);
      const clash = open.find(
        (other) =>
          other.lease !== hold.lease && (ordered || (other.first <= hold.last && hold.first <= other.last)),
      );
      if (clash) {
        findings.push({
          anomaly: "two-holders",
          detail: `${topic} ${group} ${partition}: ${clash.lease.id} (${clash.first} to ${clash.last}, by ${clash.lease.by}) was held until ${clash.to}, ${hold.lease.id} (${hold.first} to ${hold.last}, by ${hold.lease.by}) from ${hold.from}`,
        });
      }
      open.push(hold);
    }
  }
  return findings;
}

function holdsOf(record: Record, lease: LeaseSeen, ordered: boolean): Hold[] {
  const limit = Math.min(
    lease.deadline - record.history.wallOffset - toleranceMs,
    ...record.breaks
      .filter((broken) => concerns(broken, lease.topic, lease.group) && broken.to >= lease.sentAt)
      .map(({ from }) => from),
    ...lease.ends.filter(({ outcome }) => outcome.rest === "retry").map(({ sentAt }) => sentAt),
  );
  if (ordered) {
    return limit > lease.acquiredAt
      ? [{ lease, from: lease.acquiredAt, to: limit, first: 0, last: Number.MAX_VALUE }]
      : [];
  }
  const partly = lease.ends.filter(({ outcome }) => outcome.rest === "keep");
  const offsets = offsetsOf(lease);
  return lease.segments.flatMap(({ first, last, acquiredAt }) => {
    if (partly.length === 0)
      return limit > acquiredAt ? [{ lease, from: acquiredAt, to: limit, first, last }] : [];
    const holds: Hold[] = [];
    for (let offset = first; offset <= last; offset += 1) {
      const letGo = partly
        .filter((end) => acknowledged(end, offsets).has(offset) || end.outcome.release.includes(offset))
        .map(({ sentAt }) => sentAt);
      const to = Math.min(limit, ...letGo);
      if (to > acquiredAt) holds.push({ lease, from: acquiredAt, to, first: offset, last: offset });
    }
    return holds;
  });
}
