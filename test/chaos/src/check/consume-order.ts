import { deadLettersOf, endingsOf } from "./endings.ts";
import type { FinalGroup, FinalTopic } from "./final-state.ts";
import type { Finding } from "./finding.ts";
import { handledOutOfOrder } from "./handled-order.ts";
import { ofLane, partitionLane } from "./lane.ts";
import { isUnsure, type Life, livesOf } from "./lives.ts";
import { isBroken, type Record } from "./record.ts";

/**
 * In an ordered group, of a lane (a partition, or a key in a partition) nothing is handed out while something in front of it
 * has not ended, unless both are in one lease; and handlers see its messages for the first time in order of offsets.
 */
export function checkConsumeOrder(record: Record): Finding[] {
  const findings: Finding[] = [];
  const lives = livesOf(record);
  for (const topic of record.final.topics) {
    for (const group of topic.groups) {
      if (group.ordering === "none") continue;
      findings.push(
        ...handedOutEarly(record, topic, group, lives),
        ...handledOutOfOrder(record, topic, group, lives),
      );
    }
  }
  return findings;
}

/** A message of a lane, and the latest moment at which it may have ended. */
interface Place {
  readonly offset: number;
  readonly id: string;
  readonly endsAt: number;
  /** Of this one and all in front of it, the one that ended last. */
  last: Place;
}

function handedOutEarly(
  record: Record,
  topic: FinalTopic,
  group: FinalGroup,
  lives: ReadonlyMap<string, Life>,
): Finding[] {
  const findings: Finding[] = [];
  const lanes = lanesOf(record, topic, group, lives);
  for (const lease of record.leases) {
    if (lease.topic !== topic.name || lease.group !== group.name) continue;
    if (isBroken(record, lease, lease.sentAt, lease.acquiredAt)) continue;
    const loaded = new Map(lease.delivered.map(([offset, id]) => [offset, id]));
    const { places, indices } = lanes.get(lease.partition) ?? { places: new Map(), indices: new Map() };
    /** By lane: the lease's first and last message of it, and when it was given each. */
    const held = new Map<string, { index: number; acquiredAt: number }[]>();
    for (const { first, last, acquiredAt } of lease.segments) {
      for (let offset = first; offset <= last; offset += 1) {
        const place = indices.get(offset);
        // What nobody loaded may have been another message, of a log that was rolled back since.
        if (!place || loaded.get(offset) !== place.id) continue;
        const list = held.get(place.lane) ?? [];
        list.push({ index: place.index, acquiredAt });
        held.set(place.lane, list);
      }
    }
    for (const [lane, list] of held) {
      const inLane = places.get(lane)!;
      list.sort((one, other) => one.index - other.index);
      for (const [nth, { index, acquiredAt }] of list.entries()) {
        // In front of the lease, all that there is; within it, what it left out.
        const front = nth === 0 ? inLane[index - 1]?.last : null;
        const between = nth === 0 ? [] : inLane.slice(list[nth - 1]!.index + 1, index);
        const early = [...(front ? [front] : []), ...between].find(({ endsAt }) => endsAt > acquiredAt);
        if (!early) continue;
        findings.push({
          anomaly: "consume-order",
          detail: `${topic.name} ${group.name} ${lease.partition}: lease ${lease.id} (${lease.by}) got ${inLane[index]!.offset}${ofLane(lane)} at ${acquiredAt} while ${early.offset} had not ended (it may have at ${early.endsAt})`,
        });
        break;
      }
    }
  }
  return findings;
}

/** The messages of each partition by lane, in order of offsets, and where each stands there. */
function lanesOf(
  record: Record,
  topic: FinalTopic,
  group: FinalGroup,
  lives: ReadonlyMap<string, Life>,
): Map<
  number,
  { places: Map<string, Place[]>; indices: Map<number, { lane: string; index: number; id: string }> }
> {
  const endings = endingsOf(record, topic.name, group.name);
  const dead = deadLettersOf(record, topic.name, group.name);
  const where = { topic: topic.name, group: group.name };
  const lanes = new Map();
  for (const { partition, messages } of topic.partitions) {
    const known = endings.get(partition);
    const places = new Map<string, Place[]>();
    const indices = new Map<number, { lane: string; index: number; id: string }>();
    for (const [offset, id] of messages) {
      const lane = group.ordering === "partition" ? partitionLane : record.keys.get(id);
      if (lane === undefined) continue;
      const asked = known?.get(offset)?.askedAt ?? Number.POSITIVE_INFINITY;
      const excused = dead.has(`${partition}:${offset}`) || isUnsure(record, where, lives.get(id), asked);
      const list = places.get(lane) ?? [];
      const before = list.at(-1);
      const place = { offset, id, endsAt: excused ? Number.NEGATIVE_INFINITY : asked } as Place;
      place.last = before && before.last.endsAt >= place.endsAt ? before.last : place;
      indices.set(offset, { lane, index: list.length, id });
      list.push(place);
      places.set(lane, list);
    }
    lanes.set(partition, { places, indices });
  }
  return lanes;
}
