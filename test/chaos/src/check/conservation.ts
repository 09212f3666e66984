import { endingsOf } from "./endings.ts";
import type { FinalGroup, FinalTopic } from "./final-state.ts";
import type { Finding } from "./finding.ts";
import { isUnsure, type Life, livesOf } from "./lives.ts";
import { isBroken, type Record } from "./record.ts";

/**
 * Each message of a group ends once: acknowledged, dead-lettered or expired. Checked by what consumers asked for, by the
 * group's own counters and by the engine's recount; and what is acknowledged is not handed out again.
 */
export function checkConservation(record: Record): Finding[] {
  const findings: Finding[] = [];
  const lives = livesOf(record);
  for (const topic of record.final.topics) {
    for (const detail of topic.audit) findings.push({ anomaly: "audit", detail: `${topic.name}: ${detail}` });
    for (const group of topic.groups) {
      const note = (anomaly: string, detail: string) =>
        findings.push({ anomaly, detail: `${topic.name} ${group.name} ${detail}` });
      if (group.drained) checkDrained(group, note);
      const moved = record.breaks.some(
        ({ what, topic: name, group: of }) =>
          (what === "seek" || what === "redrive") && name === topic.name && of === group.name,
      );
      // What is sought back goes its way again, and may end as it did the first time.
      const torn = tornBurials(record, topic, group, lives);
      if (!moved) checkDeadLetters(group, torn, note);
      if (!moved) checkCounters(group, torn, note);
      if (!moved) checkEndings(record, topic, group, torn, note);
      checkRedelivery(record, topic, group, note);
    }
  }
  return findings;
}

/**
 * Dead letters (`partition:offset`) of which a rollback may have taken what the group's lanes knew, and not the letter: it was
 * buried by a call that was under way, or stands on another master. Ranges bury in one step.
 */
function tornBurials(
  record: Record,
  topic: FinalTopic,
  group: FinalGroup,
  lives: ReadonlyMap<string, Life>,
): Set<string> {
  if (group.ordering !== "key" && group.concurrency === null && group.perKey === null) return new Set();
  const logs = new Map(topic.partitions.map(({ partition, messages }) => [partition, new Map(messages)]));
  const torn = group.deadLetters.filter(({ partition, offset }) => {
    const id = logs.get(partition)?.get(offset);
    const life = id === undefined ? undefined : lives.get(id);
    return isUnsure(record, where(topic, group), life, Number.POSITIVE_INFINITY);
  });
  return new Set(torn.map(({ partition, offset }) => `${partition}:${offset}`));
}

type Note = (anomaly: string, detail: string) => void;

function checkDrained(group: FinalGroup, note: Note): void {
  for (const { partition, next, end, inFlight, retrying } of group.cursors) {
    if (next === end && inFlight === 0 && retrying === 0) continue;
    note(
      "stuck",
      `${partition}: the cursor is at ${next} of ${end}, ${inFlight} in flight, ${retrying} retrying`,
    );
  }
}

function checkDeadLetters(group: FinalGroup, torn: ReadonlySet<string>, note: Note): void {
  const seen = new Set<string>();
  for (const { partition, offset } of group.deadLetters) {
    const place = `${partition}:${offset}`;
    if (seen.has(place) && !torn.has(place)) note("ends-twice", `${place}: it is dead-lettered twice`);
    seen.add(place);
  }
}

function checkCounters(group: FinalGroup, torn: ReadonlySet<string>, note: Note): void {
  for (const cursor of group.cursors) {
    const { partition, next, inFlight, retrying, acked, deadLettered, expired } = cursor;
    const places = group.deadLetters
      .filter((letter) => letter.partition === partition)
      .map(({ offset }) => `${partition}:${offset}`);
    const letters = places.length;
    const firm = places.filter((place) => !torn.has(place)).length;
    if (deadLettered < firm || deadLettered > letters)
      note(
        "conservation",
        `${partition}: ${deadLettered} are counted as dead-lettered, ${letters} are there`,
      );
    const states = acked + deadLettered + expired + inFlight + retrying;
    if (states !== next) {
      note(
        "conservation",
        `${partition}: of ${next} messages ${acked} are acknowledged, ${deadLettered} dead-lettered, ${expired} expired, ${inFlight} in flight, ${retrying} retrying`,
      );
    }
  }
}

function checkEndings(
  record: Record,
  topic: FinalTopic,
  group: FinalGroup,
  torn: ReadonlySet<string>,
  note: Note,
): void {
  const endings = endingsOf(record, topic.name, group.name);
  for (const { partition, start } of topic.partitions) {
    const cursor = group.cursors.find((one) => one.partition === partition);
    if (!cursor || cursor.committed !== cursor.next) continue;
    const dead = new Set(
      group.deadLetters.filter((letter) => letter.partition === partition).map(({ offset }) => offset),
    );
    const known = endings.get(partition);
    for (let offset = start; offset < cursor.committed; offset += 1) {
      const ending = known?.get(offset);
      if (!dead.has(offset) && ending === undefined)
        note("ends-nowhere", `${partition}:${offset}: nobody acknowledged it, and it is no dead letter`);
      const surely = ending !== undefined && ending.toldAt < Number.POSITIVE_INFINITY;
      if (
        dead.has(offset) &&
        surely &&
        !torn.has(`${partition}:${offset}`) &&
        !isBroken(record, where(topic, group), ending.askedAt, Number.POSITIVE_INFINITY)
      )
        note(
          "ends-twice",
          `${partition}:${offset}: it was acknowledged at ${ending.toldAt}, and is a dead letter`,
        );
    }
  }
}

function checkRedelivery(record: Record, topic: FinalTopic, group: FinalGroup, note: Note): void {
  const endings = endingsOf(record, topic.name, group.name);
  for (const lease of record.leases) {
    if (lease.topic !== topic.name || lease.group !== group.name) continue;
    const known = endings.get(lease.partition);
    if (!known) continue;
    for (const { first, last, sentAt, acquiredAt } of lease.segments) {
      for (let offset = first; offset <= last; offset += 1) {
        const ending = known.get(offset);
        if (!ending || ending.toldAt >= sentAt) continue;
        if (isBroken(record, lease, ending.askedAt, acquiredAt)) continue;
        note(
          "ends-twice",
          `${lease.partition}:${offset}: acknowledged at ${ending.toldAt}, handed out again as ${lease.id} at ${acquiredAt}`,
        );
      }
    }
  }
}

function where(topic: FinalTopic, group: FinalGroup): { topic: string; group: string } {
  return { topic: topic.name, group: group.name };
}
