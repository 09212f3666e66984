import * as z from "zod";
import { limits } from "./limits.ts";
import { storedMessage } from "./messages.ts";
import { offset, partitionNumber, positiveNumber, wholeNumber } from "./primitives.ts";

const leaseMs = z.int().min(limits.leaseMsMin).max(limits.leaseMs);
const offsets = z.array(offset).max(limits.receiveMessages);

/** Body of `POST …/groups/{group}/receive`; an empty body asks with the defaults. */
export const receiveRequest = z.strictObject({
  maxMessages: positiveNumber(limits.receiveMessages).exactOptional(),
  maxBytes: positiveNumber(limits.receiveBytes).exactOptional(),
  waitMs: wholeNumber(limits.receiveWaitMs).exactOptional(),
  leaseMs: leaseMs.exactOptional(),
  consumer: z.string().min(1).max(limits.consumerLength).exactOptional(),
});
export type ReceiveRequest = z.infer<typeof receiveRequest>;

/** A message of a lease; `attempt` counts its deliveries from 1. */
export const deliveredMessage = storedMessage.extend({ attempt: z.int() });
export type DeliveredMessage = z.infer<typeof deliveredMessage>;

/** Messages of one partition, held until `deadline` (milliseconds since 1970, by Redis's clock). */
export const lease = z.object({
  id: z.string(),
  partition: partitionNumber,
  deadline: z.int(),
  messages: z.array(deliveredMessage),
});
export type Lease = z.infer<typeof lease>;

/** Answer of a receive: no lease when nothing is there, `paused` when the group is paused. */
export const receiveResponse = z.object({ leases: z.array(lease), paused: z.boolean() });
export type ReceiveResponse = z.infer<typeof receiveResponse>;

/**
 * Body of `POST …/leases/{lease}/settle`. What is named nowhere is retried, unless `ack` is `"all"`: then it is
 * acknowledged. An empty array names nothing. Without `delayMs` a retry waits as the group's back-off says.
 * `results` are for the tickets of messages of the lease: any JSON values of at most 64 KiB, kept for `resultTtlMs` (an hour) before
 * anything is settled. While Redis is full none is kept, and the lease is settled all the same.
 */
export const settleRequest = z.strictObject({
  ack: z.union([z.literal("all"), offsets]).exactOptional(),
  retry: z
    .array(z.strictObject({ offset, delayMs: wholeNumber(limits.retryDelayMs).exactOptional() }))
    .max(limits.receiveMessages)
    .exactOptional(),
  release: offsets.exactOptional(),
  deadLetter: z
    .array(z.strictObject({ offset, reason: z.string().max(limits.reasonLength).exactOptional() }))
    .max(limits.receiveMessages)
    .exactOptional(),
  results: z
    .array(z.strictObject({ offset, value: z.unknown() }))
    .max(limits.receiveMessages)
    .exactOptional(),
  resultTtlMs: positiveNumber(limits.resultTtlMs).exactOptional(),
});
export type SettleRequest = z.infer<typeof settleRequest>;

/** How many messages of the lease ended which way; and how many results were kept, when there were any. */
export const settleResponse = z.object({
  acked: z.int(),
  retried: z.int(),
  released: z.int(),
  deadLettered: z.int(),
  resultsKept: z.int().exactOptional(),
});
export type SettleResponse = z.infer<typeof settleResponse>;

/** Body of `POST …/leases/{lease}/extend`: `leaseMs` counts from now; `ack` ends those offsets already. */
export const extendRequest = z.strictObject({
  leaseMs: leaseMs.exactOptional(),
  ack: offsets.exactOptional(),
});
export type ExtendRequest = z.infer<typeof extendRequest>;

/** The new deadline of the lease. */
export const extendResponse = z.object({ deadline: z.int() });
export type ExtendResponse = z.infer<typeof extendResponse>;
