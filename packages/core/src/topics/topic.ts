import { defaults, isGroupName, isTopicName, isWebAddress, limits, TidegateError } from "@tidegate/contracts";
import { requireInteger, requireOneOf } from "../require.ts";

/** Where a topic's partitions lie on a cluster: spread over its nodes, or together under one tag. */
export type Placement = "spread" | "together";

/** How long a topic keeps its messages. `null` is without that limit. */
export interface Retention {
  readonly ms: number | null;
  /** Bytes of record batches over all partitions; each partition has an equal part. */
  readonly bytes: number | null;
  /** `log`: the limit wins. `queue`: nothing goes that a group has not acknowledged; at the limit, BACKLOG_FULL. */
  readonly policy: "log" | "queue";
  /** After how long without a sign of life a group no longer holds back a `queue` topic. */
  readonly idleMs: number;
}

/** The admission rule in front of a topic. */
export interface Gate {
  /** A new sale has a new id: counters belong to the id, so putting the same gate again changes nothing. */
  readonly id: string;
  /** How many units may be admitted in all. */
  readonly stock: number | null;
  /** How many messages of one key may be admitted, in a sliding window or (null) as long as the gate stands. */
  readonly perKey: { readonly limit: number; readonly windowMs: number | null } | null;
  /** How many messages may wait: end + delayed - lowest committed offset. */
  readonly capacity: number | null;
  /** Where a browser is sent that is not admitted. */
  readonly redirectTo: string | null;
}

/** A topic as its registry entry tells. */
export interface Topic {
  readonly name: string;
  /** Random; a topic made anew under the same name has another. */
  readonly topicId: string;
  /** Grows by one with each change. */
  readonly version: number;
  readonly partitions: number;
  readonly placement: Placement;
  readonly retention: Retention;
  readonly maxMessageBytes: number;
  readonly compression: "none" | "gzip";
  readonly gate: Gate | null;
  /** The group that tickets speak of; null for the only one, or else the oldest. */
  readonly ticketGroup: string | null;
  readonly createdAt: number;
  /**
   * How many partitions there were before each growth, and when it was, the newest first. Kept as long as an idempotency
   * key may be remembered by a partition that its message no longer goes to.
   */
  readonly grown: readonly Growth[];
}

/** A growth of a topic: the partitions before it, and when it was. */
export interface Growth {
  readonly partitions: number;
  readonly at: number;
}

/** The growths that may matter to a message that is published now, the newest first. */
export function recentGrowths(topic: Topic, now: number): Growth[] {
  return topic.grown.filter(({ at }) => now - at <= 2 * defaults.idempotencyWindowMs);
}

/** What may be set of a gate: everything but its id may be left out, and is then without that limit. */
export interface GateSettings {
  readonly id: string;
  readonly stock?: number | null | undefined;
  readonly perKey?:
    | { readonly limit: number; readonly windowMs?: number | null | undefined }
    | null
    | undefined;
  readonly capacity?: number | null | undefined;
  readonly redirectTo?: string | null | undefined;
}

/** What may be set of a topic; what is left out keeps its value, or gets the default at creation. */
export interface TopicSettings {
  readonly partitions?: number | undefined;
  readonly placement?: Placement | undefined;
  readonly retention?: { [field in keyof Retention]?: Retention[field] | undefined } | undefined;
  readonly maxMessageBytes?: number | undefined;
  readonly compression?: "none" | "gzip" | undefined;
  readonly gate?: GateSettings | null | undefined;
  readonly ticketGroup?: string | null | undefined;
}

/** Throws INVALID unless a topic may be created under the name. */
export function requireTopicName(name: string): void {
  if (typeof name === "string" && isTopicName(name)) return;
  throw new TidegateError(
    "INVALID",
    `A topic's name has 1 to ${limits.topicNameLength} characters of A-Z a-z 0-9 . _ - and does not end with .dlq`,
    { field: "topic", limit: limits.topicNameLength },
  );
}

/** A new topic of these settings, checked. Throws INVALID. */
export function newTopic(name: string, settings: TopicSettings, topicId: string, createdAt: number): Topic {
  const blank: Topic = {
    name,
    topicId,
    version: 0,
    partitions: defaults.partitions,
    placement: "spread",
    retention: { ms: defaults.retentionMs, bytes: null, policy: "log", idleMs: defaults.idleMs },
    maxMessageBytes: defaults.maxMessageBytes,
    compression: "none",
    gate: null,
    ticketGroup: null,
    createdAt,
    grown: [],
  };
  return changeTopic(blank, settings, createdAt, true);
}

/** The topic with these settings, one version on. Throws INVALID, PARTITIONS_CANNOT_SHRINK, PLACEMENT_CANNOT_CHANGE. */
export function changeTopic(topic: Topic, settings: TopicSettings, now: number, isNew = false): Topic {
  const partitions = settings.partitions ?? topic.partitions;
  requireInteger("partitions", partitions, 1, limits.partitions);
  const placement = settings.placement ?? topic.placement;
  requireOneOf("placement", placement, ["spread", "together"]);
  if (!isNew && partitions < topic.partitions) {
    throw new TidegateError("PARTITIONS_CANNOT_SHRINK", undefined, {
      field: "partitions",
      limit: topic.partitions,
    });
  }
  if (!isNew && placement !== topic.placement) {
    throw new TidegateError("PLACEMENT_CANNOT_CHANGE", undefined, {
      field: "placement",
      limit: topic.placement,
    });
  }
  const grew = !isNew && partitions > topic.partitions;
  const changed: Topic = {
    ...topic,
    version: topic.version + 1,
    partitions,
    placement,
    retention: checkRetention({ ...topic.retention, ...definedOf(settings.retention ?? {}) }),
    maxMessageBytes: requireInteger(
      "maxMessageBytes",
      settings.maxMessageBytes ?? topic.maxMessageBytes,
      1,
      limits.valueBytes,
    ),
    compression: requireOneOf("compression", settings.compression ?? topic.compression, ["none", "gzip"]),
    gate: settings.gate === undefined ? topic.gate : checkGate(settings.gate),
    ticketGroup: checkTicketGroup(
      settings.ticketGroup === undefined ? (topic.ticketGroup ?? null) : settings.ticketGroup,
    ),
    grown: grew ? [{ partitions: topic.partitions, at: now }, ...recentGrowths(topic, now)] : topic.grown,
  };
  requireGateFits(changed);
  return changed;
}

function definedOf<T extends object>(object: T): { [field in keyof T]?: Exclude<T[field], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

function checkRetention(retention: Retention): Retention {
  if (retention.ms !== null) requireInteger("retention.ms", retention.ms, 1, Number.MAX_SAFE_INTEGER);
  if (retention.bytes !== null)
    requireInteger("retention.bytes", retention.bytes, 1, Number.MAX_SAFE_INTEGER);
  requireOneOf("retention.policy", retention.policy, ["log", "queue"]);
  requireInteger("retention.idleMs", retention.idleMs, 1, Number.MAX_SAFE_INTEGER);
  return retention;
}

function checkTicketGroup(group: string | null): string | null {
  if (group === null || (typeof group === "string" && group !== "" && isGroupName(group))) return group;
  throw new TidegateError(
    "INVALID",
    `ticketGroup is the name of a group: 1 to ${limits.groupNameLength} characters of A-Z a-z 0-9 _ -`,
    { field: "ticketGroup", limit: limits.groupNameLength },
  );
}

function checkRedirect(target: string | null): string | null {
  if (target === null || (target.length <= limits.redirectToLength && isWebAddress(target))) return target;
  throw new TidegateError(
    "INVALID",
    `gate.redirectTo is an absolute URL of http or https with at most ${limits.redirectToLength} characters`,
    { field: "gate.redirectTo", limit: limits.redirectToLength },
  );
}

function checkGate(gate: GateSettings | null): Gate | null {
  if (gate === null) return null;
  if (
    typeof gate.id !== "string" ||
    !/^[A-Za-z0-9._-]+$/.test(gate.id) ||
    gate.id.length > limits.gateIdLength
  ) {
    throw new TidegateError(
      "INVALID",
      `A gate's id has 1 to ${limits.gateIdLength} characters of A-Z a-z 0-9 . _ -`,
      {
        field: "gate.id",
        limit: limits.gateIdLength,
      },
    );
  }
  const stock = gate.stock ?? null;
  const perKey = gate.perKey ? { limit: gate.perKey.limit, windowMs: gate.perKey.windowMs ?? null } : null;
  const capacity = gate.capacity ?? null;
  if (stock !== null) requireInteger("gate.stock", stock, 0, Number.MAX_SAFE_INTEGER);
  if (capacity !== null) requireInteger("gate.capacity", capacity, 0, Number.MAX_SAFE_INTEGER);
  if (perKey !== null) {
    requireInteger("gate.perKey.limit", perKey.limit, 1, limits.gatePerKey);
    if (perKey.windowMs !== null) {
      requireInteger("gate.perKey.windowMs", perKey.windowMs, 1, Number.MAX_SAFE_INTEGER);
    }
  }
  return {
    id: gate.id,
    stock,
    perKey,
    capacity,
    redirectTo: checkRedirect(gate.redirectTo ?? null),
  };
}

function requireGateFits({ gate, placement, partitions }: Topic): void {
  if (gate === null || partitions === 1) return;
  if (placement === "spread") {
    throw new TidegateError(
      "INVALID",
      "A gate over several partitions is exact only in a topic with placement together",
      { field: "gate", limit: "placement: together" },
    );
  }
  if (gate.capacity !== null && partitions > limits.gateCapacityPartitions) {
    throw new TidegateError(
      "INVALID",
      `A capacity is kept over at most ${limits.gateCapacityPartitions} partitions`,
      {
        field: "gate.capacity",
        limit: limits.gateCapacityPartitions,
      },
    );
  }
}
