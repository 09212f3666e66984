import { defaults, isGroupName, limits, TidegateError } from "@tidegate/contracts";
import { requireInteger, requireOneOf } from "../require.ts";

/** How long messages wait between attempts: initial x factor^(attempt - 1), at most the longest. */
export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** A group as its registry entry tells. */
export interface Group {
  readonly name: string;
  readonly topic: string;
  /** Random; a group made anew under the same name has another. */
  readonly groupId: string;
  readonly version: number;
  /** Where a new group began; partitions that a topic gets later begin at offset 0. */
  readonly start: "earliest" | "latest";
  /** `none`: many leases a partition. `partition`: one lease at a time, strictly in order. */
  readonly ordering: "none" | "partition";
  readonly leaseMs: number;
  readonly maxDeliveries: number;
  readonly backoff: Backoff;
  readonly paused: boolean;
  readonly createdAt: number;
}

/** What may be set of a group; what is left out keeps its value, or gets the default at creation. */
export interface GroupSettings {
  readonly start?: "earliest" | "latest" | undefined;
  readonly ordering?: "none" | "partition" | undefined;
  readonly leaseMs?: number | undefined;
  readonly maxDeliveries?: number | undefined;
  readonly backoff?: { [field in keyof Backoff]?: number | undefined } | undefined;
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
  return {
    ...group,
    version: group.version + 1,
    ordering: requireOneOf("ordering", settings.ordering ?? group.ordering, ["none", "partition"]),
    leaseMs: requireInteger("leaseMs", leaseMs, limits.leaseMsMin, limits.leaseMs),
    maxDeliveries: requireInteger(
      "maxDeliveries",
      settings.maxDeliveries ?? group.maxDeliveries,
      1,
      limits.maxDeliveries,
    ),
    backoff,
  };
}

/** A partition's copy of its group's settings, as pairs of field and value. */
export function groupFields(group: Group): (string | number)[] {
  return Object.entries({
    ordering: group.ordering,
    leaseMs: group.leaseMs,
    maxDeliveries: group.maxDeliveries,
    backoffInitialMs: group.backoff.initialMs,
    backoffMaxMs: group.backoff.maxMs,
    backoffFactor: group.backoff.factor,
    paused: group.paused ? 1 : "",
  }).flat();
}
