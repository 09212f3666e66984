import * as z from "zod";
import { isGroupName, isTopicName, limits, parseDeadLetterTopic } from "./limits.ts";

/** A count or a size from 0 to `maximum`. */
export function wholeNumber(maximum: number = Number.MAX_SAFE_INTEGER): z.ZodInt {
  return z.int().min(0).max(maximum);
}

/** A count, a size or a duration from 1 to `maximum`: zero never means "everything". */
export function positiveNumber(maximum: number = Number.MAX_SAFE_INTEGER): z.ZodInt {
  return z.int().min(1).max(maximum);
}

/** The offset of a message in its partition. */
export const offset = wholeNumber();

/** The number of a partition; whether the topic has it is known only to the engine. */
export const partitionNumber = wholeNumber(limits.partitions - 1);

/** Bytes in base64 (RFC 4648, section 4, with padding). */
export const base64 = z.base64();

/** A moment: milliseconds since 1970, or an ISO 8601 date and time with its offset. */
export const moment = z.union([wholeNumber(8.64e15), z.iso.datetime({ offset: true })]);

/** A moment of the wire as milliseconds since 1970. */
export function momentToMs(value: z.infer<typeof moment>): number {
  return typeof value === "number" ? value : Date.parse(value);
}

/** The name of a topic that may be created, written and read. */
export const topicName = z
  .string()
  .min(1)
  .max(limits.topicNameLength)
  .refine(isTopicName, { error: "must be of A-Z a-z 0-9 . _ - and must not end in .dlq" });

/** The name of a topic that may be read: the dead-letter logs `<topic>.<group>.dlq` as well. */
export const readableTopicName = z
  .string()
  .min(1)
  .refine((name) => isTopicName(name) || parseDeadLetterTopic(name) !== null, {
    error: `must be 1-${limits.topicNameLength} characters of A-Z a-z 0-9 . _ -, or <topic>.<group>.dlq`,
    params: { limit: limits.topicNameLength },
  });

/** The name of a group. */
export const groupName = z
  .string()
  .min(1)
  .max(limits.groupNameLength)
  .refine(isGroupName, { error: "must be of A-Z a-z 0-9 _ -" });
