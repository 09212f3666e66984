import * as z from "zod";
import { limits } from "./limits.ts";
import { base64, moment, offset, partitionNumber, wholeNumber } from "./primitives.ts";
import { refusal } from "./problem.ts";

/**
 * How the bytes of a message look on the wire. A key is `key` when it is UTF-8, else `keyBase64`; no key is
 * `key: null`. A value is `value` when the header `content-type` says JSON (any JSON value) or `text/*` (a
 * string), else `valueBase64`; a message without a value (not even an empty one) has `valueBase64: null`.
 * Headers whose value is not UTF-8 are in `headersBase64`. Of several headers of one name the last is shown,
 * and a header without a value is shown as an empty string.
 */
export const storedMessage = z.object({
  offset,
  timestamp: z.int(),
  key: z.string().nullable().exactOptional(),
  keyBase64: base64.exactOptional(),
  value: z.unknown().exactOptional(),
  valueBase64: base64.nullable().exactOptional(),
  headers: z.record(z.string(), z.string()),
  headersBase64: z.record(z.string(), base64).exactOptional(),
});
export type StoredMessage = z.infer<typeof storedMessage>;

/**
 * One message to publish. Exactly one of `value` and `valueBase64`; at most one of `key` and `keyBase64`, of
 * `delayMs` and `deliverAt`. A `value` is stored as JSON with the header `content-type: application/json`, or,
 * when it is a string and the headers carry a `content-type` of `text/*`, as that text. `valueBase64: null`
 * publishes a message without a value. The limits of keys, values and headers are in bytes; the engine holds them.
 */
export const publishMessage = z
  .strictObject({
    key: z.string().nullable().exactOptional(),
    keyBase64: base64.exactOptional(),
    value: z.unknown().exactOptional(),
    valueBase64: base64.nullable().exactOptional(),
    headers: z.record(z.string().min(1), z.string()).exactOptional(),
    headersBase64: z.record(z.string().min(1), base64).exactOptional(),
    partition: partitionNumber.exactOptional(),
    delayMs: wholeNumber(limits.delayMs).exactOptional(),
    deliverAt: moment.exactOptional(),
    idempotencyKey: z.string().min(1).max(limits.idempotencyKeyBytes).exactOptional(),
    /** For a topic with a waiting line: what `POST …/line/admission` was answered with. */
    admission: z.string().min(1).max(limits.lineTokenLength).exactOptional(),
  })
  .superRefine((message, context) => {
    const refuse = (path: string, text: string) =>
      context.addIssue({ code: "custom", path: [path], message: text });
    if (message.value === undefined && message.valueBase64 === undefined)
      refuse("value", "is missing: give value or valueBase64");
    if (message.value !== undefined && message.valueBase64 !== undefined)
      refuse("valueBase64", "cannot stand beside value");
    if (typeof message.key === "string" && message.keyBase64 !== undefined)
      refuse("keyBase64", "cannot stand beside key");
    if (message.delayMs !== undefined && message.deliverAt !== undefined)
      refuse("deliverAt", "cannot stand beside delayMs");
  });
export type PublishMessage = z.infer<typeof publishMessage>;

/** What must have happened before a publish is answered. */
export const acks = z.enum(["leader", "replicas", "fsync"]);
export type Acks = z.infer<typeof acks>;

/** JSON body of `POST /v1/topics/{topic}/messages`. */
export const publishRequest = z.strictObject({
  messages: z.array(publishMessage).min(1).max(limits.requestMessages),
  acks: acks.exactOptional(),
});
export type PublishRequest = z.infer<typeof publishRequest>;

/** Where a message is: `offset` is null while it is delayed. `duplicate`: an earlier request had put it there. */
export const place = z.object({
  partition: partitionNumber,
  offset: offset.nullable(),
  ticket: z.string(),
  duplicate: z.literal(true).exactOptional(),
});
export type Place = z.infer<typeof place>;

/** What stands before a message of now; `etaMs` is null until the rate of the groups is known. */
export const backlog = z.object({
  messages: z.int(),
  oldestMs: z.int(),
  etaMs: z.int().nullable(),
});
export type Backlog = z.infer<typeof backlog>;

/** Answer 202 of a publish: every message was admitted. */
export const publishResponse = z.object({ messages: z.array(place), backlog });
export type PublishResponse = z.infer<typeof publishResponse>;

/** For each message of a publish that was not admitted as a whole, in order: its place or why it was refused. */
export const publishOutcome = z.union([place, refusal]);
export type PublishOutcome = z.infer<typeof publishOutcome>;

/** Answer of `GET /v1/topics/{topic}/partitions/{p}/messages`; `nextOffset` is where to read on. */
export const readResponse = z.object({
  messages: z.array(storedMessage),
  nextOffset: offset,
  start: offset,
  end: offset,
});
export type ReadResponse = z.infer<typeof readResponse>;
