import * as z from "zod";
import { limits } from "./limits.ts";
import { base64 } from "./primitives.ts";
import {
  concurrency,
  perKey,
  perKeySettings,
  pin,
  pinSettings,
  rateLimit,
  rateSettings,
} from "./rate-limit.ts";

/** What is wanted of one key: `key` as text, or `keyBase64` where it is none. */
const keyChange = z
  .strictObject({
    key: z.string().max(limits.headerBytes).exactOptional(),
    keyBase64: base64.max(2 * limits.headerBytes).exactOptional(),
    /** While paused nothing of it is handed out. */
    paused: z.boolean().exactOptional(),
    /** Holds in place of the group's limits by key; null follows them again. */
    pin: pinSettings.nullable().exactOptional(),
    /** Forgets what of its rate was used, and ends a pause that its endpoint was given (HTTP tasks). */
    reset: z.literal(true).exactOptional(),
  })
  .refine(({ key, keyBase64 }) => (key === undefined) !== (keyBase64 === undefined), {
    error: "needs exactly one of key and keyBase64",
  });

/**
 * Body of `PUT /v1/topics/{topic}/groups/{group}/flow`: takes effect at once, over all processes. What is left out stays
 * as it is. `rate`, `concurrency` and `perKey` are the group's settings; a pin overrides them, those of later PUTs of the
 * group too, until it is taken away (null).
 */
export const flowChange = z.strictObject({
  rate: rateSettings.nullable().exactOptional(),
  concurrency: concurrency.nullable().exactOptional(),
  perKey: perKeySettings.nullable().exactOptional(),
  pin: pinSettings.nullable().exactOptional(),
  keys: z.array(keyChange).min(1).max(limits.flowKeysAtATime).exactOptional(),
  /** Forgets what of the rates was used, of the group's and of all keys'. */
  reset: z.literal(true).exactOptional(),
});
export type FlowChange = z.infer<typeof flowChange>;

const flowLimits = z.object({
  rate: rateLimit.nullable(),
  concurrency: z.int().nullable(),
  perKey: perKey.nullable(),
});

/** How one key flows; `key` is null where it is no text, and `keyBase64` has it. */
export const flowKey = z.object({
  key: z.string().nullable(),
  keyBase64: z.string().exactOptional(),
  waiting: z.int(),
  inFlight: z.int(),
  paused: z.boolean(),
  pin: pin.nullable(),
  /** In ms since 1970; null while something else than time blocks it, or nothing waits. */
  mayGoAt: z.int().nullable(),
});
export type FlowKey = z.infer<typeof flowKey>;

/** Answer of `GET` and `PUT /v1/topics/{topic}/groups/{group}/flow`. */
export const flow = z.object({
  settings: flowLimits,
  pin: pin.nullable(),
  /** What holds: the settings, and the pin over them. */
  effective: flowLimits,
  inFlight: z.int(),
  heldUntil: z.int().nullable(),
  /** Messages that wait in lanes. While it is full nothing more is read from the log. */
  window: z.object({
    parked: z.int(),
    limit: z.int(),
    full: z.boolean(),
    /** The key that has most of a full window, as far as it is text. */
    blockedBy: z.string().nullable(),
  }),
  /** At most 100: paused and pinned ones, then the busiest as a sample of what waits tells them. */
  keys: z.array(flowKey),
});
export type Flow = z.infer<typeof flow>;
