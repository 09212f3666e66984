import { type Group, laneScheme } from "../groups/group.ts";
import type { StoredMessage } from "../read/read-log.ts";
import type { Topic } from "../topics/topic.ts";
import { laneHashKey, writeKeylessLane, writeLane } from "./lane-hash.ts";

/** Writes the lane of a partition's message into a buffer. */
export type LaneWriter = (
  partition: number,
  message: Pick<StoredMessage, "key" | "headers"> | null,
  into: Buffer,
  at: number,
) => void;

const headerPrefix = "header:";

/**
 * How a group tells lanes apart: by message key, by a header's value (the first of that name), or by partition. A message
 * without a key, and one that cannot be read, is in a lane of its partition.
 */
export function laneWriter(topic: Topic, group: Group): LaneWriter {
  const scheme = laneScheme(group);
  if (scheme === "partition") return (partition, _, into, at) => writeKeylessLane(partition, into, at);
  const hashKey = laneHashKey(topic.topicId, group.groupId);
  return (partition, message, into, at) => {
    const key = message && keyOfScheme(scheme, message);
    if (key) writeLane(hashKey, key, into, at);
    else writeKeylessLane(partition, into, at);
  };
}

/** What a message is told apart by: its key, or the first value of the header. */
export function keyOfScheme(
  scheme: string,
  message: Pick<StoredMessage, "key" | "headers">,
): Uint8Array | null {
  if (!scheme.startsWith(headerPrefix)) return message.key;
  const header = scheme.slice(headerPrefix.length);
  return message.headers.find(({ key }) => key.toLowerCase() === header)?.value ?? null;
}

/** The lane of a key. */
export function laneOfKey(topic: Topic, group: Group, key: Uint8Array): Buffer {
  const lane = Buffer.alloc(8);
  writeLane(laneHashKey(topic.topicId, group.groupId), key, lane, 0);
  return lane;
}

/** Whether a lane, as text of one byte a character, is one of messages without a key. */
export function isKeyless(lane: string): boolean {
  return lane.startsWith("\0\0\0\0\0\0");
}
