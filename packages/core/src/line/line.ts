import { defaults, isGroupName, type LineView, limits, TidegateError } from "@tidegate/contracts";
import { requireInteger } from "../require.ts";

/** A waiting line in front of a topic's gate, as it is configured. */
export interface Line {
  readonly topic: string;
  /** A new sale has a new id: another id begins a new line. */
  readonly id: string;
  /** From when visitors may join, and when the first are called; in ms since 1970, by Redis's clock. */
  readonly opensAt: number;
  readonly startsAt: number;
  /** The group whose lag, with the admissions that are not used yet, stays within `maxLag`. */
  readonly ordersGroup: string;
  readonly maxLag: number;
  readonly admissionMs: number;
  /** How many places before the serving number send heartbeats, at least. */
  readonly headWindow: number;
  readonly heartbeatMs: number;
  readonly joinsPerSecond: number;
  /** SHA-256 of the seed's bytes, in hex. */
  readonly commitment: string;
}

/** What may be set of a line; what is left out keeps its value, or gets the default at creation. */
export interface LineSettings {
  readonly id: string;
  readonly opensAt?: number | undefined;
  readonly startsAt?: number | undefined;
  readonly ordersGroup?: string | undefined;
  readonly maxLag?: number | undefined;
  readonly admissionMs?: number | undefined;
  readonly headWindow?: number | undefined;
  readonly heartbeatMs?: number | undefined;
  readonly joinsPerSecond?: number | undefined;
}

/** Who joined: `line` is random and names this line, whatever its id. */
export interface Visitor {
  readonly line: string;
  readonly number: number;
}

/** Where a line stands: what everybody may see, and what the operator sees besides. */
export interface LineStanding {
  readonly view: LineView;
  /** Random; names this line, whatever its id. */
  readonly line: string;
  /** Orders that the group has not ended. */
  readonly lag: number;
  /** Places that were called and have not claimed their admission yet. */
  readonly called: number;
  /** Admissions that are neither used nor over. */
  readonly admitted: number;
  /** Visitors who came back after they were passed over, and wait to be called again. */
  readonly returned: number;
}

/** What is set of a line, without its commitment. */
export type LineFields = Omit<Line, "topic" | "commitment">;

/** The settings over what stands, or over the defaults when that is null or of another id. Throws INVALID. */
export function changeLine(before: LineFields | null, settings: LineSettings, now: number): LineFields {
  requireId(settings.id);
  const kept = before?.id === settings.id ? before : null;
  const { ordersGroup = kept?.ordersGroup, startsAt = kept?.startsAt } = settings;
  if (startsAt === undefined) throw missing("startsAt");
  if (ordersGroup === undefined) throw missing("ordersGroup");
  if (!isGroupName(ordersGroup) || ordersGroup === "") {
    throw new TidegateError("INVALID", "ordersGroup must be the name of a group", {
      field: "ordersGroup",
      limit: limits.groupNameLength,
    });
  }
  const latest = 8.64e15;
  const fields = {
    id: settings.id,
    opensAt: requireInteger(
      "opensAt",
      settings.opensAt ?? kept?.opensAt ?? Math.min(now, startsAt),
      0,
      latest,
    ),
    startsAt: requireInteger("startsAt", startsAt, 0, latest),
    ordersGroup,
    ...numbersOf(kept, settings),
  };
  if (fields.startsAt < fields.opensAt) {
    throw new TidegateError("INVALID", "startsAt must not be before opensAt", {
      field: "startsAt",
      limit: fields.opensAt,
    });
  }
  return fields;
}

function numbersOf(kept: LineFields | null, settings: LineSettings) {
  const read = (field: keyof typeof bounds) => {
    const { least, most, usual } = bounds[field];
    return requireInteger(field, settings[field] ?? kept?.[field] ?? usual, least, most);
  };
  return {
    maxLag: read("maxLag"),
    admissionMs: read("admissionMs"),
    headWindow: read("headWindow"),
    heartbeatMs: read("heartbeatMs"),
    joinsPerSecond: read("joinsPerSecond"),
  };
}

const bounds = {
  maxLag: { least: 1, most: limits.lineLag, usual: defaults.lineMaxLag },
  admissionMs: { least: limits.lineMsMin, most: limits.lineMs, usual: defaults.lineAdmissionMs },
  headWindow: { least: 1, most: limits.lineLag, usual: defaults.lineHeadWindow },
  heartbeatMs: { least: limits.lineMsMin, most: limits.lineMs, usual: defaults.lineHeartbeatMs },
  joinsPerSecond: { least: 1, most: limits.lineJoinsPerSecond, usual: defaults.lineJoinsPerSecond },
} as const;

function requireId(id: unknown): void {
  if (typeof id === "string" && /^[A-Za-z0-9._-]+$/.test(id) && id.length <= limits.gateIdLength) return;
  throw new TidegateError(
    "INVALID",
    `A line's id has 1 to ${limits.gateIdLength} characters of A-Z a-z 0-9 . _ -`,
    { field: "id", limit: limits.gateIdLength },
  );
}

function missing(field: string): TidegateError {
  return new TidegateError("INVALID", `${field} is needed for a new line`, { field });
}
