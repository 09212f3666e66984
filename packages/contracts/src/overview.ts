import * as z from "zod";
import { groupDescription } from "./groups.ts";
import { groupName, topicName } from "./primitives.ts";
import { topicDescription } from "./topics.ts";

/** A group, summed up over the partitions of its topic; `oldestAt` is when its oldest message that has not ended was appended. */
export const groupFigures = z.object({
  name: groupName,
  lag: z.int(),
  inFlight: z.int(),
  retrying: z.int(),
  deadLettered: z.int(),
  oldestAt: z.int().nullable(),
});
export type GroupFigures = z.infer<typeof groupFigures>;

/** A topic, summed up over its partitions: `end` grows by as many messages as are published, `end` less a lag by as many as are ended. */
export const topicFigures = z.object({
  name: topicName,
  partitions: z.int(),
  end: z.int(),
  messages: z.int(),
  bytes: z.int(),
  delayed: z.int(),
  groups: z.array(groupFigures),
});
export type TopicFigures = z.infer<typeof topicFigures>;

/** Answer of `GET /v1/overview`: all topics by name, about a second old; what nobody touches, a minute. */
export const overview = z.object({ at: z.int(), topics: z.array(topicFigures) });
export type Overview = z.infer<typeof overview>;

/** How things went lately: a value for each time. Rates are messages a second, over the five seconds before. */
const times = z.array(z.int());
const values = z.array(z.number().nullable());

/** Data of the event `overview`, the first of a stream: everything, and sums over all topics. */
export const overviewEvent = overview.extend({
  history: z.object({ at: times, published: values, drained: values, lag: values }),
});
export type OverviewEvent = z.infer<typeof overviewEvent>;

/** Data of the event `figures`: topics that have changed, names of those that are gone, and where the sums stand. */
export const figuresEvent = overview.extend({
  gone: z.array(z.string()),
  published: z.number().nullable(),
  drained: z.number().nullable(),
  lag: z.number(),
});
export type FiguresEvent = z.infer<typeof figuresEvent>;

/**
 * Data of the event `topic`: what is watched, null when there is no such topic. Who holds leases, and until when a group is held, is
 * some seconds older. `history` comes once: messages published a second, and the lag of each group.
 */
export const topicEvent = z.object({
  at: z.int(),
  topic: topicDescription.nullable(),
  groups: z.array(groupDescription),
  history: z.object({ at: times, published: values, lags: z.record(z.string(), values) }).exactOptional(),
});
export type TopicEvent = z.infer<typeof topicEvent>;
