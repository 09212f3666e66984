import { deadLettersOf, type Ending, endingsOf } from "./endings.ts";
import type { Finding } from "./finding.ts";
import { isBroken, type Record } from "./record.ts";

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

/**
 * For each offset of a partition, the moment before which something in front of it had not ended yet: `latest[o]` is
 * the latest of the first requests to acknowledge an offset before `o`. What is dead-lettered or trimmed is passed over.
 */
function latestBefore(
  endings: ReadonlyMap<number, Ending>,
  excused: (offset: number) => boolean,
  end: number,
): { readonly at: Float64Array; readonly offset: Int32Array } {
  const at = new Float64Array(end + 1).fill(Number.NEGATIVE_INFINITY);
  const which = new Int32Array(end + 1).fill(-1);
  for (let offset = 0; offset < end; offset += 1) {
    const asked = excused(offset)
      ? Number.NEGATIVE_INFINITY
      : (endings.get(offset)?.askedAt ?? Number.POSITIVE_INFINITY);
    const later = asked > at[offset]!;
    at[offset + 1] = later ? asked : at[offset]!;
    which[offset + 1] = later ? offset : which[offset]!;
  }
  return { at, offset: which };
}
