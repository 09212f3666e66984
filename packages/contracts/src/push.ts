import * as z from "zod";
import { TidegateError } from "./errors.ts";
import { deliveredMessage } from "./leases.ts";
import { limits } from "./limits.ts";
import { groupName, partitionNumber, topicName, wholeNumber } from "./primitives.ts";

/**
 * A message as a pushed request carries it: as receive's answer shows it, with its partition, and an `id` of the form
 * `<partition>-<offset>`, which is unique in the topic and stays the same however often the message is delivered.
 */
export const pushedMessage = deliveredMessage.extend({
  id: z.string().regex(/^\d+-\d+$/),
  partition: partitionNumber,
});
export type PushedMessage = z.infer<typeof pushedMessage>;

/**
 * Body of the `POST` to a push group's endpoint, `content-type: application/json`. Never empty, at most the group's
 * `batchSize` messages, in order of their offsets.
 *
 * The request is signed after Standard Webhooks: `webhook-id`, `webhook-timestamp` (seconds since 1970, of this
 * attempt) and `webhook-signature` (`v1,<base64>`) over the raw body. `webhook-id` is `<topicId>:<group>:<partition>-<offset>`
 * for one message, with `:<count>:<hash>` behind the first one's for several: the same for every attempt that carries the
 * same messages, and without a full stop, which separates what is signed.
 */
export const pushRequest = z.object({
  topic: topicName,
  group: groupName,
  messages: z.array(pushedMessage).min(1),
});
export type PushRequest = z.infer<typeof pushRequest>;

/**
 * A message that the endpoint did not handle, and (ours) what becomes of it: `retry`, the default and what Lambda does,
 * spends an attempt and waits for `delayMs`, or by the group's back-off; `release` gives it back as if never sent;
 * `dead-letter` gives it up. `reason` goes along to the dead-letter log. What is malformed beyond the identifier is
 * taken as if it were left out: the message has not been handled all the same.
 */
export const batchItemFailure = z.object({
  itemIdentifier: z.string().min(1),
  outcome: z.enum(["retry", "release", "dead-letter"]).nullish().catch(null),
  delayMs: wholeNumber(limits.retryDelayMs).nullish().catch(null),
  reason: z.string().nullish().catch(null),
});
export type BatchItemFailure = z.infer<typeof batchItemFailure>;

/** What the handler returned for one message: kept for its ticket. Any JSON. */
export const pushResult = z.object({ itemIdentifier: z.string().min(1), result: z.unknown() });
export type PushResult = z.infer<typeof pushResult>;

/**
 * What the body of a 2xx may say in JSON. All messages are acknowledged but those in `batchItemFailures` (the shape that
 * Lambda knows): their own `outcome` says what becomes of them. An empty body, one that is no
 * JSON, and JSON of another shape acknowledge everything; so do null and an empty list.
 * What was meant cannot be known when `batchItemFailures` is malformed or names a message that was not sent, or when a
 * body that declares itself as JSON does not parse or is over `limits.pushResultBytes`: then every message has failed.
 *
 * With a single message, the header `tidegate-result: body` makes the whole body its result: JSON when it declares
 * itself as JSON, else a string. It then acknowledges, whatever it holds.
 *
 * A 429 or 503 may carry the same JSON with a list of `batchItemFailures`: what it does not name was handled; then the
 * endpoint gets its pause.
 */
export const pushResponse = z.object({
  batchItemFailures: z.array(batchItemFailure).nullish(),
  results: z.array(pushResult).nullish(),
});
export type PushResponse = z.infer<typeof pushResponse>;

/**
 * The two keys that a receiver is configured with, each `whsec_<base64>`. Requests are signed with `current`; after a
 * rotation `next` is current. A receiver that accepts either never refuses a genuine request, as long as it learns the
 * new pair before the next rotation but one.
 */
export const signingKeys = z.object({ current: z.string(), next: z.string() });
export type SigningKeys = z.infer<typeof signingKeys>;

/** The pair of keys in a text `<current>,<next>`, as configuration has it. @throws INVALID */
export function parseSigningKeys(text: string): SigningKeys {
  const [current = "", next = "", ...more] = text.split(",").map((key) => key.trim());
  if (more.length === 0 && current !== next && isSigningKey(current) && isSigningKey(next))
    return { current, next };
  throw new TidegateError(
    "INVALID",
    "must be two keys, <current>,<next>, each whsec_ and 24 to 64 bytes in base64",
    { field: "keys" },
  );
}

function isSigningKey(key: string): boolean {
  const base64 = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(key)?.[1];
  return base64 !== undefined && base64.length >= 32 && base64.length <= 88;
}

/** The `id` of a pushed message. */
export function pushedMessageId(partition: number, offset: number): string {
  return `${partition}-${offset}`;
}
