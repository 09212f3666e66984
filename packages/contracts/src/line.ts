import * as z from "zod";
import { limits } from "./limits.ts";
import { groupName, moment, positiveNumber, topicName, wholeNumber } from "./primitives.ts";

const lineId = z
  .string()
  .min(1)
  .max(limits.gateIdLength)
  .regex(/^[A-Za-z0-9._-]+$/, "must be of A-Z a-z 0-9 . _ -");

/**
 * Body of `PUT /v1/topics/{topic}/line`: the waiting line in front of a topic's gate. A new sale has a new `id`: another id
 * begins a new line. A field that is left out keeps its value, or gets its default at creation, where `startsAt` and
 * `ordersGroup` are required. The times cannot change once the line has started.
 */
export const lineSettings = z.strictObject({
  id: lineId,
  /** From when visitors may join. Default: at once. */
  opensAt: moment.exactOptional(),
  /** When those who have joined are put in random order, and the first are called. */
  startsAt: moment.exactOptional(),
  /** The group that works on the orders: its lag and the admissions that are not used yet stay within `maxLag`. */
  ordersGroup: groupName.exactOptional(),
  maxLag: positiveNumber(limits.lineLag).exactOptional(),
  /** How long an admission can be used. */
  admissionMs: z.int().min(limits.lineMsMin).max(limits.lineMs).exactOptional(),
  /** How many places before the serving number send heartbeats; more when the line moves fast. */
  headWindow: positiveNumber(limits.lineLag).exactOptional(),
  /** How often they do. Who was not heard for twice as long is passed over. */
  heartbeatMs: z.int().min(limits.lineMsMin).max(limits.lineMs).exactOptional(),
  /** Joins in one second beyond which OVERLOADED is answered. */
  joinsPerSecond: positiveNumber(limits.lineJoinsPerSecond).exactOptional(),
});
export type LineSettings = z.infer<typeof lineSettings>;

/** A line as it is configured: the answer of its PUT. */
export const line = z.object({
  topic: topicName,
  id: z.string(),
  opensAt: z.int(),
  startsAt: z.int(),
  ordersGroup: z.string(),
  maxLag: z.int(),
  admissionMs: z.int(),
  headWindow: z.int(),
  heartbeatMs: z.int(),
  joinsPerSecond: z.int(),
  /** SHA-256 of the seed's 16 bytes, in hex: published at creation, so that nobody can choose the seed afterwards. */
  commitment: z.string(),
});
export type Line = z.infer<typeof line>;

/** `announced` until it opens, `open` until it starts, `running`, `ended` when the gate's stock is used up. */
export const lineState = z.enum(["announced", "open", "running", "ended"]);
export type LineState = z.infer<typeof lineState>;

/**
 * Answer of `GET /v1/topics/{topic}/line`: the same for everybody, so that a cache may keep it for a second. A visitor's
 * place follows from his number, `seed` and `shuffled` (`placeOf`); it is his turn when `serving` is greater.
 */
export const lineView = z.object({
  id: z.string(),
  state: lineState,
  /** When this was so, by the server's clock. */
  at: z.int(),
  opensAt: z.int(),
  startsAt: z.int(),
  joined: z.int(),
  /** How many joined before the start: numbers below it are in random order. Null before it. */
  shuffled: z.int().nullable(),
  commitment: z.string(),
  /** 16 bytes in hex. Null before the start. */
  seed: z.string().nullable(),
  /** Places below it have been called. Never goes back. */
  serving: z.int(),
  /** Places from `serving` to below it send a heartbeat every `heartbeatMs`. */
  head: z.int(),
  heartbeatMs: z.int(),
  admissionMs: z.int(),
  /** How fast `serving` moves; null until that is known. */
  ratePerSecond: z.number().nullable(),
});
export type LineView = z.infer<typeof lineView>;

/** What a visitor was given when he joined; opaque, and as good as his place. */
const visitorToken = z.string().min(1).max(limits.lineTokenLength);

/** Body of `POST …/line/visitors`; may be empty. Who shows the token that he has gets his number again. */
export const joinRequest = z.strictObject({ visitor: visitorToken.exactOptional() });
export type JoinRequest = z.infer<typeof joinRequest>;

/** Answer of a join: `id` is the line's. Numbers begin with 0. */
export const joinResponse = z.object({
  visitor: z.string(),
  id: z.string(),
  number: wholeNumber(),
  state: lineState,
});
export type JoinResponse = z.infer<typeof joinResponse>;

/** Body of `POST …/line/admission` and `POST …/line/heartbeat`. */
export const visitorRequest = z.strictObject({ visitor: visitorToken });
export type VisitorRequest = z.infer<typeof visitorRequest>;

/**
 * Answer of `POST …/line/admission`: what a publish carries as `admission` in its message, or in the header
 * `Tidegate-Admission`. Good for one accepted message until `expiresAt`. A repeat gets the same.
 */
export const admissionResponse = z.object({
  admission: z.string(),
  place: wholeNumber(),
  expiresAt: z.int(),
  /** The server's clock, so that a page can count down without trusting its own. */
  at: z.int(),
});
export type AdmissionResponse = z.infer<typeof admissionResponse>;

/** Answer of `POST …/line/heartbeat`. `near` is false for a place that sends none yet: nothing was noted. */
export const heartbeatResponse = z.object({
  place: wholeNumber(),
  serving: wholeNumber(),
  near: z.boolean(),
});
export type HeartbeatResponse = z.infer<typeof heartbeatResponse>;
