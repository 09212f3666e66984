import { limits, TidegateError } from "@tidegate/contracts";
import { requireInteger } from "../require.ts";

/** At most `limit` messages in `intervalMs`, spread evenly, `burst` of them at once. */
export interface RateLimit {
  readonly limit: number;
  readonly intervalMs: number;
  readonly burst: number;
}

/** A rate as it may be given; `burst` is `limit` where it is left out. */
export type RateSettings = Omit<RateLimit, "burst"> & { readonly burst?: number | undefined };

/** Limits for each key by itself: the message key, or the value of a header. */
export interface PerKey {
  /** In lower case; null for the message key. */
  readonly header: string | null;
  readonly rate: RateLimit | null;
  readonly concurrency: number | null;
}

/** Limits by key as they may be given. */
export interface PerKeySettings {
  readonly header?: string | null | undefined;
  readonly rate?: RateSettings | null | undefined;
  readonly concurrency?: number | null | undefined;
}

/** What holds in place of the settings' limits; a field that is left out follows the settings, null takes the limit away. */
export interface Pin {
  readonly rate?: RateLimit | null;
  readonly concurrency?: number | null;
}

/** A pin as it may be given. */
export interface PinSettings {
  readonly rate?: RateSettings | null | undefined;
  readonly concurrency?: number | null | undefined;
}

/** The rate, checked; null stays null. @throws INVALID */
export function requireRate(field: string, rate: RateSettings | null): RateLimit | null {
  if (rate === null) return null;
  return {
    limit: requireInteger(`${field}.limit`, rate.limit, 1, limits.rate),
    intervalMs: requireInteger(`${field}.intervalMs`, rate.intervalMs, 1, limits.rateIntervalMs),
    burst: requireInteger(`${field}.burst`, rate.burst ?? rate.limit, 1, limits.rate),
  };
}

/** The number of messages in flight, checked; null stays null. @throws INVALID */
export function requireConcurrency(field: string, concurrency: number | null): number | null {
  return concurrency === null ? null : requireInteger(field, concurrency, 1, limits.concurrency);
}

/** Limits by key, checked; null stays null. @throws INVALID */
export function requirePerKey(perKey: PerKeySettings | null): PerKey | null {
  if (perKey === null) return null;
  const { header = null, rate = null, concurrency = null } = perKey;
  if (header === null && rate === null && concurrency === null)
    throw new TidegateError("INVALID", "perKey names no limit and no header", { field: "perKey" });
  if (header !== null && (header.length < 1 || header.length > limits.headerNameLength)) {
    throw new TidegateError("INVALID", `perKey.header must have 1 to ${limits.headerNameLength} characters`, {
      field: "perKey.header",
      limit: header === "" ? 1 : limits.headerNameLength,
    });
  }
  return {
    header: header === null ? null : header.toLowerCase(),
    rate: requireRate("perKey.rate", rate),
    concurrency: requireConcurrency("perKey.concurrency", concurrency),
  };
}

/** A pin, checked. @throws INVALID */
export function requirePin(field: string, pin: PinSettings): Pin {
  return {
    ...(pin.rate !== undefined && { rate: requireRate(`${field}.rate`, pin.rate) }),
    ...(pin.concurrency !== undefined && {
      concurrency: requireConcurrency(`${field}.concurrency`, pin.concurrency),
    }),
  };
}
