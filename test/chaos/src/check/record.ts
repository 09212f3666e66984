import type {
  AcksLevel,
  Delivered,
  History,
  HistoryEvent,
  Rollback,
  SegmentSeen,
  SentMessage,
  SentOutcome,
  SettleSeen,
} from "../history/event.ts";
import type { FinalGroup, FinalState, FinalTopic } from "./final-state.ts";

/** One message of one produce call. */
export interface Append {
  readonly message: SentMessage;
  readonly by: string;
  readonly topic: string;
  readonly acks: AcksLevel;
  readonly sentAt: number;
  answeredAt: number | null;
  topicId: string | null;
  /** Null while it is not known. */
  outcome: SentOutcome | null;
}

/** A settle or an extend of a lease. */
export interface LeaseEnd {
  readonly outcome: SettleSeen;
  readonly sentAt: number;
  answeredAt: number | null;
  error: string | null;
}

/** A part of a lease, and when it was asked for and given. */
export interface HeldSegment {
  readonly first: number;
  readonly last: number;
  readonly attempt: number;
  readonly sentAt: number;
  readonly acquiredAt: number;
}

export interface LeaseSeen {
  readonly topic: string;
  readonly group: string;
  readonly id: string;
  readonly partition: number;
  readonly by: string;
  readonly sentAt: number;
  readonly acquiredAt: number;
  /** The latest deadline that was answered, by Redis's clock. */
  deadline: number;
  readonly segments: HeldSegment[];
  readonly delivered: Delivered[];
  readonly ends: LeaseEnd[];
}

/** From when until when something made the past of a group, a topic or everything void. */
export interface Break {
  readonly what: (HistoryEvent & { type: "break" })["what"];
  readonly topic: string | null;
  readonly group: string | null;
  readonly rollback: Rollback | null;
  readonly from: number;
  to: number;
}

/** The history in the shape that the checks read, with the final state. */
export interface Record {
  readonly history: History;
  readonly final: FinalState;
  readonly appends: readonly Append[];
  readonly leases: readonly LeaseSeen[];
  readonly breaks: readonly Break[];
  /** The keys of messages, by their ids; those without one are not in it. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Matches calls with their answers. A call without one may have been carried out, or may still be. */
export function readRecord(history: History, final: FinalState): Record {
  const appendsOf = new Map<string, Append[]>();
  const appends: Append[] = [];
  const acquires = new Map<string, HistoryEvent & { type: "acquire" }>();
  const leases = new Map<string, LeaseSeen>();
  const ends = new Map<string, { end: LeaseEnd; lease: LeaseSeen }>();
  const breaks = new Map<string, Break>();

  for (const event of history.events) {
    switch (event.type) {
      case "produce": {
        const list = event.messages.map((message) => ({
          message,
          by: event.by,
          topic: event.topic,
          acks: event.acks,
          sentAt: event.at,
          answeredAt: null,
          topicId: null,
          outcome: null,
        }));
        appendsOf.set(event.call, list);
        appends.push(...list);
        break;
      }
      case "produced":
        for (const [index, append] of (appendsOf.get(event.call) ?? []).entries()) {
          append.answeredAt = event.at;
          append.topicId = event.topicId ?? null;
          append.outcome = event.outcomes?.[index] ?? null;
        }
        break;
      case "acquire":
        acquires.set(event.call, event);
        break;
      case "acquired": {
        const asked = acquires.get(event.call);
        if (asked) noteAcquired(leases, asked, event);
        break;
      }
      case "delivered":
        leases.get(event.lease)?.delivered.push(...event.messages);
        break;
      case "settle": {
        const lease = leases.get(event.lease);
        if (!lease) break;
        const end: LeaseEnd = { outcome: event.outcome, sentAt: event.at, answeredAt: null, error: null };
        lease.ends.push(end);
        ends.set(event.call, { end, lease });
        break;
      }
      case "settled": {
        const known = ends.get(event.call);
        if (!known) break;
        known.end.answeredAt = event.at;
        known.end.error = event.error ?? null;
        if (event.deadline !== undefined && event.error === undefined)
          known.lease.deadline = Math.max(known.lease.deadline, event.deadline);
        break;
      }
      case "break":
        breaks.set(event.call, {
          what: event.what,
          topic: event.topic,
          group: event.group,
          rollback: event.rollback ?? null,
          from: event.at,
          to: Number.POSITIVE_INFINITY,
        });
        break;
      case "done": {
        const broken = breaks.get(event.call);
        if (broken) broken.to = event.at;
        break;
      }
    }
  }
  const keys = new Map<string, string>();
  for (const { message } of appends) if (message.key !== undefined) keys.set(message.id, message.key);
  return { history, final, appends, leases: [...leases.values()], breaks: [...breaks.values()], keys };
}

function noteAcquired(
  leases: Map<string, LeaseSeen>,
  asked: HistoryEvent & { type: "acquire" },
  event: HistoryEvent & { type: "acquired" },
): void {
  let lease = leases.get(event.lease);
  if (!lease) {
    lease = {
      topic: asked.topic,
      group: asked.group,
      id: event.lease,
      partition: event.partition,
      by: event.by,
      sentAt: asked.at,
      acquiredAt: event.at,
      deadline: event.deadline,
      segments: [],
      delivered: [],
      ends: [],
    };
    leases.set(event.lease, lease);
  }
  lease.deadline = Math.max(lease.deadline, event.deadline);
  for (const [first, last, attempt] of event.segments as readonly SegmentSeen[]) {
    const known = lease.segments.some((segment) => segment.first <= first && segment.last >= first);
    if (!known) lease.segments.push({ first, last, attempt, sentAt: asked.at, acquiredAt: event.at });
  }
}

/** Whether a break that concerns this group (or topic) lies between two moments, or touches one of them. */
export function isBroken(
  record: Record,
  where: { readonly topic: string; readonly group?: string },
  from: number,
  to: number,
): boolean {
  return record.breaks.some(
    (broken) => concerns(broken, where.topic, where.group) && broken.from <= to && broken.to >= from,
  );
}

/** Whether a break is about this group, its topic or everything. */
export function concerns(broken: Break, topic: string, group?: string): boolean {
  if (broken.what === "grow") return false;
  if (broken.topic === null) return true;
  return broken.topic === topic && (broken.group === null || broken.group === group);
}

export function finalTopic(record: Record, topic: string): FinalTopic | undefined {
  return record.final.topics.find(({ name }) => name === topic);
}

export function finalGroup(record: Record, topic: string, group: string): FinalGroup | undefined {
  return finalTopic(record, topic)?.groups.find(({ name }) => name === group);
}

/** Leases by topic, group and partition. */
export function leasesByPartition(record: Record): Map<string, LeaseSeen[]> {
  const byPartition = new Map<string, LeaseSeen[]>();
  for (const lease of record.leases) {
    const place = `${lease.topic} ${lease.group} ${lease.partition}`;
    const list = byPartition.get(place);
    if (list) list.push(lease);
    else byPartition.set(place, [lease]);
  }
  return byPartition;
}
