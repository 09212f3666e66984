import type { FinalGroup } from "./final-state.ts";
import type { Finding } from "./finding.ts";
import { holdsByKey } from "./holders.ts";
import { type Hold, holdsOf } from "./holds.ts";
import { checkKeyRate } from "./key-rate.ts";
import type { LeaseSeen, Record } from "./record.ts";

/** Limits of a group: messages in flight, in all and of one key, and how often those of a key are handed out. */
export function checkLimits(record: Record): Finding[] {
  const findings: Finding[] = [];
  for (const topic of record.final.topics) {
    for (const group of topic.groups) {
      if (group.concurrency === null && group.perKey === null) continue;
      const leases = record.leases.filter((one) => one.topic === topic.name && one.group === group.name);
      const note = (detail: string) =>
        findings.push({ anomaly: "over-limit", detail: `${topic.name} ${group.name} ${detail}` });
      checkConcurrency(record, group, leases, note);
      if (group.perKey?.rate) checkKeyRate(record, group.perKey.rate, leases, note);
    }
  }
  return findings;
}

function checkConcurrency(
  record: Record,
  { concurrency, perKey }: FinalGroup,
  leases: readonly LeaseSeen[],
  note: (detail: string) => void,
): void {
  const holds = leases.flatMap((lease) => holdsOf(record, lease));
  if (concurrency !== null) {
    const most = mostAtOnce(holds);
    if (most.count > concurrency)
      note(`has ${most.count} messages in flight at ${most.at}, its limit is ${concurrency}`);
  }
  const keyLimit = perKey?.concurrency ?? null;
  if (keyLimit === null) return;
  for (const [key, held] of holdsByKey(record, holds)) {
    const most = mostAtOnce(held);
    if (most.count > keyLimit)
      note(`has ${most.count} messages of ${key} in flight at ${most.at}, the limit of a key is ${keyLimit}`);
  }
}

/** How many messages were held at once at most, and from when on. */
function mostAtOnce(holds: readonly Hold[]): { count: number; at: number } {
  const steps = holds.flatMap(({ from, to, first, last }) => [
    { at: from, change: last - first + 1 },
    { at: to, change: first - last - 1 },
  ]);
  // What ends at a moment makes room for what begins then.
  steps.sort((one, other) => one.at - other.at || one.change - other.change);
  let count = 0;
  let most = { count: 0, at: 0 };
  for (const { at, change } of steps) {
    count += change;
    if (count > most.count) most = { count, at };
  }
  return most;
}
