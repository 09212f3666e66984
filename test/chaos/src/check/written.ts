import type { AcksLevel } from "../history/event.ts";
import type { FinalTopic } from "./final-state.ts";
import type { Finding } from "./finding.ts";
import { type Append, finalTopic, isBroken, type Record } from "./record.ts";

/**
 * Acknowledged writes that are gone. Where a rollback let go what was acknowledged meanwhile at that level of acks, they
 * are counted apart.
 */
export function checkLostWrites(record: Record): {
  findings: Finding[];
  allowed: { [level: string]: number };
} {
  const findings: Finding[] = [];
  const allowed: { [level: string]: number } = {};
  const places = new Map<string, Map<string, string[]>>();
  for (const topic of record.final.topics) places.set(topic.name, placesOf(topic));
  const seen = new Set<string>();
  for (const append of record.appends) {
    const topic = finalTopic(record, append.topic);
    if (!topic || append.topicId !== topic.topicId) continue;
    if (append.outcome === null || "code" in append.outcome || isKept(append, topic, places)) continue;
    if (seen.has(append.message.id)) continue;
    seen.add(append.message.id);
    if (mayBeLost(record, append)) allowed[append.acks] = (allowed[append.acks] ?? 0) + 1;
    else findings.push({ anomaly: "lost-write", detail: tell(append, topic) });
  }
  return { findings, allowed };
}

/** Whether a rollback lets go what was answered at that moment at that level. */
export function mayBeLost(record: Record, append: Append): boolean {
  return record.breaks.some(
    ({ rollback, to }) =>
      rollback !== null &&
      !rollback.protects.includes(append.acks as AcksLevel) &&
      rollback.lossFrom <= append.answeredAt! &&
      append.sentAt <= to,
  );
}

function isKept(
  { message, outcome }: Append,
  topic: FinalTopic,
  places: ReadonlyMap<string, Map<string, string[]>>,
): boolean {
  if (outcome === null || "code" in outcome) return true;
  const found = places.get(topic.name)?.get(message.id) ?? [];
  const partition = topic.partitions[outcome.partition];
  if ("offset" in outcome) {
    // What retention took was there.
    if (partition && outcome.offset < partition.start) return true;
    return (
      found.includes(`${outcome.partition}:${outcome.offset}`) || (found.length > 0 && outcome.duplicate)
    );
  }
  // A delayed message is somewhere in its partition's log by now, or retention took it.
  return (
    found.length > 0 || (partition !== undefined && partition.start > 0) || (partition?.delayed ?? 0) > 0
  );
}

function placesOf(topic: FinalTopic): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const { partition, messages } of topic.partitions) {
    for (const [offset, id] of messages)
      places.set(id, [...(places.get(id) ?? []), `${partition}:${offset}`]);
  }
  return places;
}

function tell({ message, acks, outcome, answeredAt }: Append, topic: FinalTopic): string {
  return `${topic.name}: ${message.id} was acknowledged (${acks}) at ${answeredAt} as ${JSON.stringify(outcome)} and is not there`;
}

/** Offsets that were said, seen or found to have two values. */
export function checkTwoValues(record: Record): Finding[] {
  const seen = new Map<string, { id: string; from: number; to: number; how: string }[]>();
  const note = (place: string, sighting: { id: string; from: number; to: number; how: string }) => {
    const list = seen.get(place);
    if (!list) seen.set(place, [sighting]);
    else if (!list.some(({ id, how }) => id === sighting.id && how === sighting.how)) list.push(sighting);
  };
  const incarnationOf = new Map<string, { topicId: string; answeredAt: number }>();
  for (const { outcome, topic, topicId, message, sentAt, answeredAt } of record.appends) {
    if (outcome === null || !("offset" in outcome)) continue;
    incarnationOf.set(message.id, { topicId: topicId!, answeredAt: answeredAt! });
    const place = `${topic} ${topicId} ${outcome.partition}:${outcome.offset}`;
    note(place, { id: message.id, from: sentAt, to: answeredAt!, how: "answered" });
  }
  const end = record.history.events.at(-1)?.at ?? 0;
  for (const topic of record.final.topics) {
    for (const { partition, messages } of topic.partitions) {
      for (const [offset, id] of messages)
        note(`${topic.name} ${topic.topicId} ${partition}:${offset}`, {
          id,
          from: end,
          to: end,
          how: "in the log",
        });
    }
  }
  for (const lease of record.leases) {
    for (const [offset, id] of lease.delivered) {
      const incarnation = incarnationOf.get(id);
      if (incarnation === undefined) continue;
      const { topicId, answeredAt } = incarnation;
      // Appended to a topic that was deleted before it was answered, and then to the one made anew.
      const deleted = record.breaks.some(
        ({ what, topic, from, to }) =>
          what === "delete" && topic === lease.topic && from <= answeredAt && to >= lease.sentAt,
      );
      if (deleted) continue;
      const place = `${lease.topic} ${topicId} ${lease.partition}:${offset}`;
      note(place, { id, from: lease.sentAt, to: lease.acquiredAt, how: "delivered" });
    }
  }
  const findings: Finding[] = [];
  for (const [place, sightings] of seen) {
    for (const [index, one] of sightings.entries()) {
      const other = sightings.slice(index + 1).find(({ id }) => id !== one.id);
      if (!other) continue;
      const topic = place.split(" ")[0]!;
      if (isRolledBack(record, topic, Math.min(one.from, other.from), Math.max(one.to, other.to))) continue;
      findings.push({
        anomaly: "two-values",
        detail: `${place}: ${one.id} (${one.how}), ${other.id} (${other.how})`,
      });
      break;
    }
  }
  return findings;
}

function isRolledBack(record: Record, topic: string, from: number, to: number): boolean {
  return record.breaks.some(
    (broken) =>
      broken.rollback !== null && broken.from <= to && broken.to >= from && (broken.topic ?? topic) === topic,
  );
}

/** Messages that stand at two offsets, and messages that nobody sent. */
export function checkRepeatedValues(record: Record): Finding[] {
  const findings: Finding[] = [];
  const sent = new Map(record.appends.map(({ message }) => [message.id, message]));
  for (const topic of record.final.topics) {
    for (const [id, places] of placesOf(topic)) {
      const message = sent.get(id);
      if (!message)
        findings.push({ anomaly: "invented", detail: `${topic.name} ${places[0]}: nobody sent ${id}` });
      if (places.length > 1) {
        const how = message?.idempotencyKey === undefined ? "sent once" : "idempotent";
        findings.push({
          anomaly: "repeated-value",
          detail: `${topic.name}: ${id} (${how}) is at ${places.join(" and ")}`,
        });
      }
    }
  }
  return findings;
}

/** Offsets that are missing from a log, or out of order in it. */
export function checkGaps(record: Record): Finding[] {
  const findings: Finding[] = [];
  for (const topic of record.final.topics) {
    for (const { partition, start, end, messages } of topic.partitions) {
      let next = start;
      for (const [offset] of messages) {
        if (offset !== next)
          findings.push({
            anomaly: "gap",
            detail: `${topic.name} ${partition}: ${offset} stands where ${next} should`,
          });
        next = offset + 1;
      }
      if (next !== end)
        findings.push({
          anomaly: "gap",
          detail: `${topic.name} ${partition}: the log ends at ${next}, not at ${end}`,
        });
    }
  }
  for (const lease of record.leases) {
    // What was loaded of a lease begins at its front; in between nothing may be missing.
    const starts = finalTopic(record, lease.topic)?.partitions[lease.partition]?.start ?? 0;
    const offsets = lease.delivered.map(([offset]) => offset).sort((one, other) => one - other);
    if (offsets.length === 0 || isBroken(record, lease, lease.sentAt, Number.POSITIVE_INFINITY)) continue;
    const had = new Set(offsets);
    for (const { first, last } of lease.segments) {
      for (let offset = first; offset <= Math.min(last, offsets.at(-1)!); offset += 1) {
        if (offset < starts || had.has(offset)) continue;
        findings.push({
          anomaly: "gap",
          detail: `${lease.topic} ${lease.group} ${lease.partition}: lease ${lease.id} was handed out without ${offset}`,
        });
      }
    }
  }
  return findings;
}
