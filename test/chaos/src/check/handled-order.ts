import { deadLettersOf, endingsOf } from "./endings.ts";
import type { FinalGroup, FinalTopic } from "./final-state.ts";
import type { Finding } from "./finding.ts";
import { ofLane, partitionLane } from "./lane.ts";
import { isUnsure, type Life } from "./lives.ts";
import { isBroken, type Record } from "./record.ts";

/** Messages of a lane that handlers saw for the first time behind a later one. */
export function handledOutOfOrder(
  record: Record,
  topic: FinalTopic,
  group: FinalGroup,
  lives: ReadonlyMap<string, Life>,
): Finding[] {
  const findings: Finding[] = [];
  const where = { topic: topic.name, group: group.name };
  const dead = deadLettersOf(record, topic.name, group.name);
  const endings = endingsOf(record, topic.name, group.name);
  const leases = new Map(record.leases.map((lease) => [lease.id, lease]));
  const logs = new Map(topic.partitions.map(({ partition, messages }) => [partition, new Map(messages)]));
  const seen = new Set<string>();
  const highest = new Map<string, number>();
  for (const event of record.history.events) {
    if (event.type !== "handle" || event.topic !== topic.name || event.group !== group.name) continue;
    const { partition, at } = event;
    // A lease of the time before a rollback is about messages, and lanes, that may have been others.
    const givenAt = leases.get(event.lease)?.sentAt ?? Number.NEGATIVE_INFINITY;
    const stale = isBroken(record, where, givenAt, at);
    for (const [offset, id] of event.messages) {
      const lane = group.ordering === "partition" ? partitionLane : record.keys.get(id);
      if (lane === undefined || seen.has(`${partition}:${id}`)) continue;
      seen.add(`${partition}:${id}`);
      // Who pulls says only what has become of it.
      const ended = (endings.get(partition)?.get(offset)?.askedAt ?? Number.POSITIVE_INFINITY) < at;
      const unsure = logs.get(partition)?.get(offset) !== id || isUnsure(record, where, lives.get(id), at);
      if (stale || ended || unsure) continue;
      const before = highest.get(`${partition} ${lane}`) ?? -1;
      if (offset > before) highest.set(`${partition} ${lane}`, offset);
      else if (!dead.has(`${partition}:${offset}`)) {
        findings.push({
          anomaly: "consume-order",
          detail: `${topic.name} ${group.name} ${partition}: ${offset} (${id})${ofLane(lane)} was handled for the first time behind ${before}`,
        });
      }
    }
  }
  return findings;
}
