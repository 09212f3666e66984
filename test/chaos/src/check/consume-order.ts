import { endingsOf, latestBefore } from "./endings.ts";
import type { Finding } from "./finding.ts";
import { isBroken, type Record } from "./record.ts";

/**
 * In an ordered group nothing is handed out while something in front of it has not ended, and handlers see each
 * message of a partition for the first time in order of offsets.
 */
export function checkConsumeOrder(record: Record): Finding[] {
  const findings: Finding[] = [];
  for (const topic of record.final.topics) {
    for (const group of topic.groups) {
      if (group.ordering !== "partition") continue;
      findings.push(
        ...handedOutEarly(record, topic.name, group.name),
        ...handledOutOfOrder(record, topic.name, group.name),
      );
    }
  }
  return findings;
}

function handedOutEarly(record: Record, topic: string, group: string): Finding[] {
  const findings: Finding[] = [];
  const endings = endingsOf(record, topic, group);
  const final = record.final.topics.find(({ name }) => name === topic)!;
  const dead = deadLettersOf(record, topic, group);
  for (const { partition, start, end } of final.partitions) {
    const excused = (offset: number) => offset < start || dead.has(`${partition}:${offset}`);
    const latest = latestBefore(endings.get(partition) ?? new Map(), excused, end);
    for (const lease of record.leases) {
      if (lease.topic !== topic || lease.group !== group || lease.partition !== partition) continue;
      const front = lease.segments[0];
      if (!front || front.first > end || latest.at[front.first]! <= front.acquiredAt) continue;
      if (isBroken(record, lease, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)) continue;
      findings.push({
        anomaly: "consume-order",
        detail: `${topic} ${group} ${partition}: lease ${lease.id} got ${front.first} while ${latest.offset[front.first]} had not ended`,
      });
    }
  }
  return findings;
}

function handledOutOfOrder(record: Record, topic: string, group: string): Finding[] {
  const findings: Finding[] = [];
  const highest = new Map<number, number>();
  const handled = new Set<string>();
  for (const event of record.history.events) {
    if (event.type !== "handle" || event.topic !== topic || event.group !== group) continue;
    for (const [offset, id] of event.messages) {
      const place = `${event.partition}:${offset}`;
      if (handled.has(place)) continue;
      handled.add(place);
      const before = highest.get(event.partition) ?? -1;
      if (offset > before) highest.set(event.partition, offset);
      else if (!isBroken(record, { topic, group }, Number.NEGATIVE_INFINITY, event.at)) {
        findings.push({
          anomaly: "consume-order",
          detail: `${topic} ${group} ${event.partition}: ${offset} (${id}) was handled for the first time behind ${before}`,
        });
      }
    }
  }
  return findings;
}

/** A committed offset has nothing before it that has not ended. */
export function checkCommitted(record: Record): Finding[] {
  const findings: Finding[] = [];
  const samples = record.history.events.filter((event) => event.type === "sampled");
  for (const topic of record.final.topics) {
    for (const group of topic.groups) {
      const { name } = group;
      if (
        isBroken(
          record,
          { topic: topic.name, group: name },
          Number.NEGATIVE_INFINITY,
          Number.POSITIVE_INFINITY,
        )
      )
        continue;
      const endings = endingsOf(record, topic.name, name);
      const dead = deadLettersOf(record, topic.name, name);
      for (const { partition, start, end } of topic.partitions) {
        const excused = (offset: number) => offset < start || dead.has(`${partition}:${offset}`);
        const latest = latestBefore(endings.get(partition) ?? new Map(), excused, end);
        const seen = samples
          .filter((sample) => sample.topic === topic.name && sample.group === name)
          .map((sample) => ({
            at: sample.at,
            committed: sample.partitions.find((one) => one.partition === partition)?.committed ?? 0,
          }));
        const last = group.cursors.find((cursor) => cursor.partition === partition);
        if (last) seen.push({ at: Number.MAX_VALUE, committed: last.committed });
        for (const { at, committed } of seen) {
          if (committed > end || latest.at[committed]! <= at) continue;
          findings.push({
            anomaly: "committed-ahead",
            detail: `${topic.name} ${name} ${partition}: ${committed} was committed at ${at} while ${latest.offset[committed]} had not been acknowledged`,
          });
          break;
        }
      }
    }
  }
  return findings;
}

function deadLettersOf(record: Record, topic: string, group: string): Set<string> {
  const found = record.final.topics
    .find(({ name }) => name === topic)
    ?.groups.find(({ name }) => name === group);
  return new Set(found?.deadLetters.map(({ partition, offset }) => `${partition}:${offset}`));
}
