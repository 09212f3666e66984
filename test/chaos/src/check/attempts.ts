import type { Finding } from "./finding.ts";
import { finalGroup, isBroken, type LeaseSeen, leasesByPartition, type Record } from "./record.ts";

/** Attempts stay within the limit, begin at one, and never fall while a message stays on its way. */
export function checkAttempts(record: Record): Finding[] {
  const findings: Finding[] = [];
  for (const leases of leasesByPartition(record).values()) {
    const { topic, group, partition } = leases[0]!;
    const limit = finalGroup(record, topic, group)?.maxDeliveries ?? Number.POSITIVE_INFINITY;
    const highest = new Map<number, { lease: LeaseSeen; attempt: number; answeredAt: number }>();
    const places = leases
      .flatMap((lease) => lease.segments.map((segment) => ({ lease, ...segment })))
      .sort((one, other) => one.sentAt - other.sentAt);
    for (const { lease, first, last, attempt, sentAt, acquiredAt } of places) {
      if (attempt > limit || attempt < 1) {
        findings.push({
          anomaly: "attempts",
          detail: `${topic} ${group} ${partition}: ${first} to ${last} came as attempt ${attempt} of ${limit}`,
        });
      }
      for (let offset = first; offset <= last; offset += 1) {
        const before = highest.get(offset);
        const fell = before && before.attempt > attempt && before.answeredAt < sentAt;
        if (fell && !isBroken(record, lease, before.lease.sentAt, acquiredAt)) {
          findings.push({
            anomaly: "attempts",
            detail: `${topic} ${group} ${partition}: ${offset} came as attempt ${attempt} behind attempt ${before.attempt}`,
          });
        }
        if (!before || attempt >= before.attempt || fell)
          highest.set(offset, { lease, attempt, answeredAt: acquiredAt });
      }
    }
  }
  return findings;
}
