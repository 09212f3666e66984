import { finalGroup, type LeaseEnd, type LeaseSeen, type Record } from "./record.ts";

/** What is known of how a message of a group ended. */
export interface Ending {
  /** When somebody first asked to have it acknowledged. */
  askedAt: number;
  /** When somebody was first told that it is acknowledged; infinity: nobody was. */
  toldAt: number;
}

/** For each partition of a group, by offset. */
export type Endings = Map<number, Map<number, Ending>>;

/** What the consumers of a group asked to be acknowledged. */
export function endingsOf(record: Record, topic: string, group: string): Endings {
  const ordered = finalGroup(record, topic, group)?.ordering === "partition";
  const endings: Endings = new Map();
  for (const lease of record.leases) {
    if (lease.topic !== topic || lease.group !== group) continue;
    let partition = endings.get(lease.partition);
    if (!partition) {
      partition = new Map();
      endings.set(lease.partition, partition);
    }
    const offsets = offsetsOf(lease);
    const gone = new Set<number>();
    for (const end of lease.ends) {
      const asked = acknowledged(end, offsets);
      const counted = ordered ? front(offsets, asked, gone) : asked;
      const told = end.error === null && end.answeredAt !== null;
      for (const offset of asked)
        note(partition, offset, end.sentAt, told && counted.has(offset) ? end.answeredAt! : null);
      if (told) for (const offset of counted) gone.add(offset);
    }
  }
  return endings;
}

/** The offsets that a lease had, in order: what was delivered of it, or else what it was given. */
export function offsetsOf(lease: LeaseSeen): number[] {
  const offsets = new Set<number>();
  for (const { first, last } of lease.segments) for (let at = first; at <= last; at += 1) offsets.add(at);
  for (const [offset] of lease.delivered) offsets.add(offset);
  return [...offsets].sort((one, other) => one - other);
}

/** What a settle or an extend asks to have acknowledged. */
export function acknowledged(end: LeaseEnd, offsets: readonly number[]): Set<number> {
  const { ack, retry, release, deadLetter } = end.outcome;
  if (ack !== "all") return new Set(ack);
  const others = new Set([...retry, ...release, ...deadLetter]);
  return new Set(offsets.filter((offset) => !others.has(offset)));
}

/** In an ordered group an acknowledgement counts up to the first message that has none. */
function front(
  offsets: readonly number[],
  asked: ReadonlySet<number>,
  gone: ReadonlySet<number>,
): Set<number> {
  const counted = new Set<number>();
  for (const offset of offsets) {
    if (gone.has(offset)) continue;
    if (!asked.has(offset)) break;
    counted.add(offset);
  }
  return counted;
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

/**
 * For each offset of a partition, the moment before which something in front of it had not ended yet: `latest[o]` is
 * the latest of the first requests to acknowledge an offset before `o`. What is dead-lettered or trimmed is passed over.
 */
export function latestBefore(
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
