import type { Finding } from "./finding.ts";
import { type Hold, holdsOf, wholeHold } from "./holds.ts";
import { keysIn } from "./lane.ts";
import { finalGroup, leasesByPartition, type Record } from "./record.ts";

/** Two leases at once on an ordered partition, on an ordered key, or on the same messages. */
export function checkHolders(record: Record): Finding[] {
  const findings: Finding[] = [];
  /** Holds of ordered keys, whatever their partitions. */
  const byKey = new Map<string, Hold[]>();
  for (const leases of leasesByPartition(record).values()) {
    const { topic, group, partition } = leases[0]!;
    const ordering = finalGroup(record, topic, group)?.ordering;
    const ordered = ordering === "partition";
    const holds = leases.flatMap((lease) => (ordered ? wholeHold : holdsOf)(record, lease));
    findings.push(
      ...clashes(holds, (one, other) => ordered || (one.first <= other.last && other.first <= one.last)).map(
        (detail) => ({ anomaly: "two-holders", detail: `${topic} ${group} ${partition}: ${detail}` }),
      ),
    );
    if (ordering !== "key") continue;
    for (const [key, held] of holdsByKey(record, holds))
      byKey.set(`${topic} ${group} key ${key}`, [
        ...(byKey.get(`${topic} ${group} key ${key}`) ?? []),
        ...held,
      ]);
  }
  for (const [where, holds] of byKey)
    for (const detail of clashes(holds, () => true))
      findings.push({ anomaly: "two-holders", detail: `${where}: ${detail}` });
  return findings;
}

/** The holds of messages with keys, by key; each of one message. */
export function holdsByKey(record: Record, holds: readonly Hold[]): Map<string, Hold[]> {
  const byKey = new Map<string, Hold[]>();
  for (const hold of holds) {
    const keys = keysIn(record, hold.lease);
    for (let offset = hold.first; offset <= hold.last; offset += 1) {
      const key = keys.get(offset);
      if (key === undefined || key === null) continue;
      const list = byKey.get(key);
      const one = { ...hold, first: offset, last: offset };
      if (list) list.push(one);
      else byKey.set(key, [one]);
    }
  }
  return byKey;
}

/** Holds of different leases at the same time, of which one excludes the other. */
function clashes(holds: readonly Hold[], excludes: (one: Hold, other: Hold) => boolean): string[] {
  const found: string[] = [];
  let open: Hold[] = [];
  for (const hold of [...holds].sort((one, other) => one.from - other.from)) {
    open = open.filter(({ to }) => to > hold.from);
    const clash = open.find((other) => other.lease !== hold.lease && excludes(other, hold));
    if (clash) {
      found.push(
        `${clash.lease.id} (${clash.first} to ${clash.last}, by ${clash.lease.by}) was held until ${clash.to}, ${hold.lease.id} (${hold.first} to ${hold.last}, by ${hold.lease.by}) from ${hold.from}`,
      );
    }
    open.push(hold);
  }
  return found;
}
