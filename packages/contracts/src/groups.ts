import * as z from "zod";
import { limits } from "./limits.ts";
import {
  groupName,
  moment,
  offset,
  partitionNumber,
  positiveNumber,
  topicName,
  wholeNumber,
} from "./primitives.ts";
import { push, pushSettings } from "./push-settings.ts";
import { concurrency, perKey, perKeySettings, pin, rateLimit, rateSettings } from "./rate-limit.ts";

const start = z.enum(["earliest", "latest"]);
const ordering = z.enum(["none", "partition", "key"]);
const leaseMs = z.int().min(limits.leaseMsMin).max(limits.leaseMs);

const backoffSettings = z.strictObject({
  initialMs: wholeNumber(limits.backoffMs).exactOptional(),
  maxMs: wholeNumber(limits.backoffMs).exactOptional(),
  factor: z.number().min(1).max(100).exactOptional(),
});

/**
 * Body of `PUT /v1/topics/{topic}/groups/{group}`. A field that is left out keeps its value, or gets its default
 * on creation; null takes a limit, or push, away.
 */
export const groupSettings = z.strictObject({
  start: start.exactOptional(),
  ordering: ordering.exactOptional(),
  leaseMs: leaseMs.exactOptional(),
  maxDeliveries: positiveNumber(limits.maxDeliveries).exactOptional(),
  backoff: backoffSettings.exactOptional(),
  rate: rateSettings.nullable().exactOptional(),
  concurrency: concurrency.nullable().exactOptional(),
  perKey: perKeySettings.nullable().exactOptional(),
  push: pushSettings.nullable().exactOptional(),
});
export type GroupSettings = z.infer<typeof groupSettings>;

/** A group as it is configured. */
export const group = z.object({
  name: groupName,
  topic: topicName,
  version: z.int(),
  start,
  ordering,
  leaseMs: z.int(),
  maxDeliveries: z.int(),
  backoff: z.object({ initialMs: z.int(), maxMs: z.int(), factor: z.number() }),
  /** For the whole group, over all its processes. */
  rate: rateLimit.nullable(),
  /** Messages in flight in the whole group. */
  concurrency: z.int().nullable(),
  perKey: perKey.nullable(),
  push: push.nullable(),
  /** What holds in place of `rate` and `concurrency` until it is taken away. */
  pin: pin.nullable(),
  paused: z.boolean(),
  createdAt: z.int(),
});
export type Group = z.infer<typeof group>;

/** Where a group stands in one partition; `next` is the first offset that was never handed out. */
export const groupPartition = z.object({
  partition: partitionNumber,
  next: offset,
  committed: offset,
  end: offset,
  lag: z.int(),
  inFlight: z.int(),
  retrying: z.int(),
  acked: z.int(),
  deadLettered: z.int(),
  expired: z.int(),
  leases: z.array(
    z.object({ id: z.string(), consumer: z.string().nullable(), deadline: z.int(), messages: z.int() }),
  ),
});
export type GroupPartition = z.infer<typeof groupPartition>;

/** Answer of `GET /v1/topics/{topic}/groups/{group}`; the counters are sums over the partitions. */
export const groupDescription = group.extend({
  /** Nothing is handed out before, in ms since 1970; null when nothing is held. */
  heldUntil: z.int().nullable(),
  lag: z.int(),
  inFlight: z.int(),
  retrying: z.int(),
  deadLettered: z.int(),
  expired: z.int(),
  partitions: z.array(groupPartition),
});
export type GroupDescription = z.infer<typeof groupDescription>;

/** Answer of `GET /v1/topics/{topic}/groups`: all groups of the topic by name. */
export const groupList = z.object({ groups: z.array(group) });
export type GroupList = z.infer<typeof groupList>;

/**
 * Body of `POST …/groups/{group}/seek`: where every partition, or each named one, goes on. All leases of those
 * partitions are dropped. An offset outside the log is refused.
 */
export const seekRequest = z.strictObject({
  to: z.union([
    start,
    z.strictObject({ timestamp: moment }),
    z.strictObject({
      offsets: z
        .record(z.string().regex(/^(0|[1-9][0-9]{0,3})$/), offset)
        .refine((offsets) => Object.keys(offsets).length > 0, { error: "names no partition" }),
    }),
  ]),
});
export type SeekRequest = z.infer<typeof seekRequest>;
