import * as z from "zod";
import { limits } from "./limits.ts";
import { positiveNumber } from "./primitives.ts";

/**
 * At most `limit` messages in `intervalMs`, spread evenly; `burst` of them may come at once (default: `limit`). Over any
 * window no more than the rate and one burst are given (GCRA, as of ITU-T I.371).
 */
export const rateSettings = z.strictObject({
  limit: positiveNumber(limits.rate),
  intervalMs: positiveNumber(limits.rateIntervalMs),
  burst: positiveNumber(limits.rate).exactOptional(),
});
export type RateSettings = z.infer<typeof rateSettings>;

/** A rate as it is kept. */
export const rateLimit = z.object({ limit: z.int(), intervalMs: z.int(), burst: z.int() });
export type RateLimit = z.infer<typeof rateLimit>;

/** Messages in flight at a time. */
export const concurrency = positiveNumber(limits.concurrency);

/** The name of a header of messages; names are compared in lower case. */
export const headerName = z.string().min(1).max(limits.headerNameLength);

/**
 * Limits for each key by itself: the message key, or the value of a header. Messages without one are held to the
 * group's limits alone.
 */
export const perKeySettings = z
  .strictObject({
    header: headerName.nullable().exactOptional(),
    rate: rateSettings.nullable().exactOptional(),
    concurrency: concurrency.nullable().exactOptional(),
  })
  .refine((perKey) => Object.values(perKey).some((value) => value !== null), {
    error: "names no limit and no header",
  });
export type PerKeySettings = z.infer<typeof perKeySettings>;

/** Limits by key as they are kept. */
export const perKey = z.object({
  header: z.string().nullable(),
  rate: rateLimit.nullable(),
  concurrency: z.int().nullable(),
});
export type PerKey = z.infer<typeof perKey>;

/** What a key or a group is held to whatever its settings say; a field that is left out follows them, null takes the limit away. */
export const pinSettings = z.strictObject({
  rate: rateSettings.nullable().exactOptional(),
  concurrency: concurrency.nullable().exactOptional(),
});
export type PinSettings = z.infer<typeof pinSettings>;

/** A pin as it is kept. */
export const pin = z.object({
  rate: rateLimit.nullable().exactOptional(),
  concurrency: z.int().nullable().exactOptional(),
});
export type Pin = z.infer<typeof pin>;
