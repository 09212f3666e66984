import { defaults, isGroupName, limits, TidegateError } from "@tidegate/contracts";
import { requireInteger, requireOneOf } from "../require.ts";
import { changePush, type Push, type PushSettings } from "./push-settings.ts";
import {
  type PerKey,
  type PerKeySettings,
  type Pin,
  type RateLimit,
  type RateSettings,
  requireConcurrency,
  requirePerKey,
  requireRate,
} from "./rate-limit.ts";

/** How long messages wait between attempts: initial x factor^(attempt - 1), at most the longest. */
export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** Whose messages wait for each other. */
export type Ordering = "none" | "partition" | "key";

/** A group as its registry entry tells. */
export interface Group {
  readonly name: string;
  readonly topic: string;
  /** Random; a group made anew under the same name has another. */
  readonly groupId: string;
  readonly version: number;
  /** Where a new group began; partitions that a topic gets later begin at offset 0. */
  readonly start: "earliest" | "latest";
  /** `none`: many leases a partition. `partition`: one at a time, strictly in order. `key`: the same for each key. */
  readonly ordering: Ordering;
  readonly leaseMs: number;
  readonly maxDeliveries: number;
  readonly backoff: Backoff;
  /** Of the whole group, over all its processes. */
  readonly rate: RateLimit | null;
  /** Messages in flight in the whole group. */
  readonly concurrency: number | null;
  readonly perKey: PerKey | null;
  readonly push: Push | null;
  /** What holds in place of `rate` and `concurrency`, whatever they are set to. */
  readonly pin: Pin | null;
  readonly paused: boolean;
  readonly createdAt: number;
}

/** What may be set of a group; what is left out keeps its value, or gets the default at creation. */
export interface GroupSettings {
  readonly start?: "earliest" | "latest" | undefined;
  readonly ordering?: Ordering | undefined;
  readonly leaseMs?: number | undefined;
  readonly maxDeliveries?: number | undefined;
  readonly backoff?: { [field in keyof Backoff]?: number | undefined } | undefined;
  /** Null takes a limit, or push, away. */
  readonly rate?: RateSettings | null | undefined;
  readonly concurrency?: number | null | undefined;
  readonly perKey?: PerKeySettings | null | undefined;
  readonly push?: PushSettings | null | undefined;
}

/** A group in its topic's registry: written down first, carried out in each partition, then confirmed. */
export interface GroupEntry {
  readonly state: "syncing" | "ready" | "deleting";
  readonly group: Group;
}

/** Throws INVALID unless a group may have the name. */
export function requireGroupName(name: string): void {
  if (typeof name === "string" && isGroupName(name)) return;
  throw new TidegateError(
    "INVALID",
    `A group's name has 1 to ${limits.groupNameLength} characters of A-Z a-z 0-9 _ -`,
    { field: "group", limit: limits.groupNameLength },
  );
}

/** What a group is without limits and push; an entry that was written before there were any lacks these fields. */
export const unlimited = { rate: null, concurrency: null, perKey: null, push: null, pin: null } as const;

/** Whether a group's messages go through lanes: for what a range cannot tell, since it holds many keys. */
export function usesLanes(group: Group): boolean {
  const { ordering, rate, concurrency, perKey, push, pin } = group;
  const limited = rate !== null || concurrency !== null || perKey !== null || pin !== null;
  return ordering === "key" || limited || push !== null;
}

/** A new group of these settings, checked. Throws INVALID. */
export function newGroup(
  topic: string,
  name: string,
  settings: GroupSettings,
  groupId: string,
  createdAt: number,
): Group {
  const blank: Group = {
    name,
    topic,
    groupId,
    version: 0,
    start: settings.start ?? "earliest",
    ordering: "none",
    leaseMs: defaults.leaseMs,
    maxDeliveries: defaults.maxDeliveries,
    backoff: {
      initialMs: defaults.backoffInitialMs,
      maxMs: defaults.backoffMaxMs,
      factor: defaults.backoffFactor,
    },
    ...unlimited,
    paused: false,
    createdAt,
  };
  return changeGroup(blank, settings);
}

/** The group with these settings, one version on; `start` of a group that stands is history. Throws INVALID. */
export function changeGroup(group: Group, settings: GroupSettings): Group {
  requireOneOf("start", settings.start ?? "earliest", ["earliest", "latest"]);
  const backoff = {
    initialMs: settings.backoff?.initialMs ?? group.backoff.initialMs,
    maxMs: settings.backoff?.maxMs ?? group.backoff.maxMs,
    factor: settings.backoff?.factor ?? group.backoff.factor,
  };
  requireInteger("backoff.initialMs", backoff.initialMs, 0, limits.backoffMs);
  requireInteger("backoff.maxMs", backoff.maxMs, 0, limits.backoffMs);
  if (!(backoff.factor >= 1 && backoff.factor <= 100)) {
    throw new TidegateError("INVALID", "backoff.factor must be a number from 1 to 100", {
      field: "backoff.factor",
      limit: backoff.factor < 1 ? 1 : 100,
    });
  }
  const leaseMs = settings.leaseMs ?? group.leaseMs;
  const { push } = settings;
  const orderings = ["none", "partition", "key"] as const;
  const changed: Group = {
    ...group,
    version: group.version + 1,
    ordering: requireOneOf("ordering", settings.ordering ?? group.ordering, orderings),
    leaseMs: requireInteger("leaseMs", leaseMs, limits.leaseMsMin, limits.leaseMs),
    maxDeliveries: requireInteger(
      "maxDeliveries",
      settings.maxDeliveries ?? group.maxDeliveries,
      1,
      limits.maxDeliveries,
    ),
    backoff,
    rate: settings.rate === undefined ? group.rate : requireRate("rate", settings.rate),
    concurrency:
      settings.concurrency === undefined
        ? group.concurrency
        : requireConcurrency("concurrency", settings.concurrency),
    perKey: settings.perKey === undefined ? group.perKey : requirePerKey(settings.perKey),
    push: push === undefined ? group.push : push && changePush(group.push, push),
  };
  requireOneKey(changed);
  return changed;
}

/** A message is in one lane: that of its order, and of the limits by key. */
function requireOneKey({ ordering, perKey }: Group): void {
  if (perKey === null || ordering === "none") return;
  if (ordering === "key" && perKey.header === null) return;
  const field = ordering === "key" ? "perKey.header" : "perKey";
  throw new TidegateError("INVALID", `${field} cannot be together with ordering "${ordering}"`, {
    field,
    limit: ordering,
  });
}

/**
 * What a group's lanes are made of: `key`, `header:<name>` or `partition`; empty for a group on ranges. While it stays the
 * same, all else of a group changes at once; where it changes, partitions are handed back and taken over anew.
 */
export function laneScheme(group: Group): string {
  if (!usesLanes(group)) return "";
  if (group.ordering === "partition") return "partition";
  const header = group.perKey?.header ?? null;
  return header === null ? "key" : `header:${header}`;
}

/** What partitions and lanes alike keep of their group's settings, by field. */
export function deliveryFields({ ordering, leaseMs, maxDeliveries, backoff, paused }: Group) {
  return {
    ordering,
    leaseMs,
    maxDeliveries,
    backoffInitialMs: backoff.initialMs,
    backoffMaxMs: backoff.maxMs,
    backoffFactor: backoff.factor,
    paused: paused ? 1 : "",
  } as const;
}

/** A partition's copy of its group's settings, as pairs of field and value. */
export function groupFields(group: Group): (string | number)[] {
  return Object.entries({ ...deliveryFields(group), scheme: laneScheme(group) }).flat();
}
