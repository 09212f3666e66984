import { countedOf } from "./counted.ts";
import { finalGroup, type Record } from "./record.ts";

/** What is known of how a message of a group ended. */
export interface Ending {
  /** When somebody first asked to have it acknowledged. */
  askedAt: number;
  /** When somebody was first told that it is acknowledged; infinity: nobody was. */
  toldAt: number;
}

/** For each partition of a group, by offset. */
export type Endings = Map<number, Map<number, Ending>>;

/** What the consumers of a group asked to be acknowledged, where it may have counted. */
export function endingsOf(record: Record, topic: string, group: string): Endings {
  const endings: Endings = new Map();
  for (const lease of record.leases) {
    if (lease.topic !== topic || lease.group !== group) continue;
    let partition = endings.get(lease.partition);
    if (!partition) {
      partition = new Map();
      endings.set(lease.partition, partition);
    }
    for (const { end, surely, maybe } of countedOf(record, lease)) {
      for (const offset of maybe)
        note(partition, offset, end.sentAt, surely.has(offset) ? end.answeredAt! : null);
    }
  }
  return endings;
}

/** What a group has in its dead-letter log in the end: `partition:offset`. */
export function deadLettersOf(record: Record, topic: string, group: string): Set<string> {
  const letters = finalGroup(record, topic, group)?.deadLetters ?? [];
  return new Set(letters.map(({ partition, offset }) => `${partition}:${offset}`));
}

function note(partition: Map<number, Ending>, offset: number, askedAt: number, toldAt: number | null): void {
  const known = partition.get(offset);
  if (!known) {
    partition.set(offset, { askedAt, toldAt: toldAt ?? Number.POSITIVE_INFINITY });
    return;
  }
  known.askedAt = Math.min(known.askedAt, askedAt);
  if (toldAt !== null) known.toldAt = Math.min(known.toldAt, toldAt);
}
