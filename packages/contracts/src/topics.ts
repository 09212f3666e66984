import * as z from "zod";
import { isWebAddress, limits } from "./limits.ts";
import { groupName, offset, partitionNumber, positiveNumber, topicName, wholeNumber } from "./primitives.ts";

const placement = z.enum(["spread", "together"]);
const compression = z.enum(["none", "gzip"]);

const retentionSettings = z.strictObject({
  ms: positiveNumber().nullable().exactOptional(),
  bytes: positiveNumber().nullable().exactOptional(),
  policy: z.enum(["log", "queue"]).exactOptional(),
  idleMs: positiveNumber().exactOptional(),
});

const perKeySettings = z.strictObject({
  limit: positiveNumber(limits.gatePerKey),
  windowMs: positiveNumber().nullable().exactOptional(),
});

const gateSettings = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(limits.gateIdLength)
    .regex(/^[A-Za-z0-9._-]+$/, "must be of A-Z a-z 0-9 . _ -"),
  stock: wholeNumber().nullable().exactOptional(),
  perKey: perKeySettings.nullable().exactOptional(),
  capacity: wholeNumber().nullable().exactOptional(),
  redirectTo: z
    .string()
    .min(1)
    .max(limits.redirectToLength)
    .refine(isWebAddress, { error: "must be an absolute URL of http or https" })
    .nullable()
    .exactOptional(),
});

/**
 * Body of `PUT /v1/topics/{topic}`. A field that is left out keeps its value, or gets its default on creation;
 * `null` switches a limit or the gate off.
 */
export const topicSettings = z.strictObject({
  partitions: positiveNumber(limits.partitions).exactOptional(),
  placement: placement.exactOptional(),
  retention: retentionSettings.exactOptional(),
  maxMessageBytes: positiveNumber(limits.valueBytes).exactOptional(),
  compression: compression.exactOptional(),
  gate: gateSettings.nullable().exactOptional(),
  /** The group that this topic's tickets speak of; null for its only one, or else the oldest. */
  ticketGroup: groupName.nullable().exactOptional(),
});
export type TopicSettings = z.infer<typeof topicSettings>;

const retention = z.object({
  ms: z.int().nullable(),
  bytes: z.int().nullable(),
  policy: z.enum(["log", "queue"]),
  idleMs: z.int(),
});

const gate = z.object({
  id: z.string(),
  stock: z.int().nullable(),
  perKey: z.object({ limit: z.int(), windowMs: z.int().nullable() }).nullable(),
  capacity: z.int().nullable(),
  redirectTo: z.string().nullable(),
});

/** A topic as it is configured. `createdAt` is in milliseconds since 1970. */
export const topic = z.object({
  name: topicName,
  topicId: z.string(),
  version: z.int(),
  partitions: z.int(),
  placement,
  retention,
  maxMessageBytes: z.int(),
  compression,
  gate: gate.nullable(),
  ticketGroup: z.string().nullable(),
  createdAt: z.int(),
});
export type Topic = z.infer<typeof topic>;

/** Answer of `GET /v1/topics`: all topics by name. */
export const topicList = z.object({ topics: z.array(topic) });
export type TopicList = z.infer<typeof topicList>;

/** What one partition holds: offsets from `start` to before `end`, and messages that are not due yet. */
export const partitionState = z.object({
  partition: partitionNumber,
  start: offset,
  end: offset,
  messages: z.int(),
  bytes: z.int(),
  delayed: z.int(),
});
export type PartitionState = z.infer<typeof partitionState>;

/** The counters of a gate; `remaining` and `backlog` are null where the gate has no stock or no capacity. */
export const gateState = z.object({
  id: z.string(),
  admitted: z.int(),
  credited: z.int(),
  refused: z.int(),
  remaining: z.int().nullable(),
  backlog: z.int().nullable(),
});
export type GateState = z.infer<typeof gateState>;

/** Answer of `GET /v1/topics/{topic}`. */
export const topicDescription = topic.extend({
  partitionStates: z.array(partitionState),
  gateState: gateState.nullable(),
});
export type TopicDescription = z.infer<typeof topicDescription>;

/** Body of `POST /v1/topics/{topic}/gate/credit`: the ticket that the publish was answered with. */
export const creditRequest = z.strictObject({ ticket: z.string().min(1).max(1024) });
export type CreditRequest = z.infer<typeof creditRequest>;

/** `credited` is false when this ticket's stock was returned before; `admitted` is the gate's count afterwards. */
export const creditResponse = z.object({ credited: z.boolean(), admitted: z.int() });
export type CreditResponse = z.infer<typeof creditResponse>;
