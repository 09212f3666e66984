import * as z from "zod";
import { limits } from "./limits.ts";
import { storedMessage } from "./messages.ts";
import { offset, partitionNumber } from "./primitives.ts";

/**
 * A dead letter: `partition` and `offset` are its place in the dead-letter log `<topic>.<group>.dlq`;
 * `originOffset` is where it was in the topic (the partition is the same).
 */
export const deadLetter = storedMessage.extend({
  partition: partitionNumber,
  originOffset: offset,
  attempts: z.int(),
  reason: z.string().nullable(),
});
export type DeadLetter = z.infer<typeof deadLetter>;

/** Answer of `GET …/groups/{group}/dead-letters`; `next` is where to list on, null at the end. */
export const deadLetterPage = z.object({
  messages: z.array(deadLetter),
  next: z.object({ partition: partitionNumber, from: offset }).nullable(),
});
export type DeadLetterPage = z.infer<typeof deadLetterPage>;

/** Body of `POST …/dead-letters/redrive`: all of them, or those named by their place in the dead-letter log. */
export const redriveRequest = z.union([
  z.strictObject({ all: z.literal(true) }),
  z.strictObject({
    messages: z
      .array(z.strictObject({ partition: partitionNumber, offset }))
      .min(1)
      .max(limits.redriveMessages),
  }),
]);
export type RedriveRequest = z.infer<typeof redriveRequest>;

/** How many messages the group will be handed again. */
export const redriveResponse = z.object({ redriven: z.int() });
export type RedriveResponse = z.infer<typeof redriveResponse>;
