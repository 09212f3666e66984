import { defaults, limits, parseDeadLetterTopic, TidegateError } from "@tidegate/contracts";
import type { MessageHeader } from "../append/message.ts";
import type { Context } from "../context.ts";
import { partitionKeys } from "../keys.ts";
import { requireInteger } from "../require.ts";
import { addressOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Topics } from "../topics/topics.ts";
import { decodeEntry, readEntriesFrom } from "./log-entry.ts";
import { type LogEnds, type Position, readEnds, resolvePosition } from "./position.ts";

/** A message of the log. Key, value and header values are views of memory that it shares with its neighbours. */
export interface StoredMessage {
  readonly offset: number;
  /** Milliseconds since the epoch, by its publisher's clock; for a delayed message, when it was due. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly MessageHeader[];
}

/** How much to read, and from where. */
export interface ReadOptions {
  readonly from: Position;
  /** 1 to 1,000; default 100. */
  readonly limit?: number | undefined;
  /** Stops behind the message that passes so many bytes of keys and values. Default 4 MiB. */
  readonly maxBytes?: number | undefined;
}

/** A piece of a log. */
export interface ReadResult {
  readonly messages: StoredMessage[];
  /** Where to read on. */
  readonly nextOffset: number;
  readonly start: number;
  readonly end: number;
}

/** Entries asked for at a time while reading. */
const entriesAtATime = 16;

/**
 * Reads a partition without a group. A name of the form `<topic>.<group>.dlq` reads that group's dead letters.
 * @throws TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, OFFSET_OUT_OF_RANGE, INVALID
 */
export async function readLog(
  context: Context,
  topics: Topics,
  name: string,
  partition: number,
  options: ReadOptions,
): Promise<ReadResult> {
  const limit = requireInteger("limit", options.limit ?? defaults.receiveMessages, 1, limits.readMessages);
  const maxBytes = requireInteger(
    "maxBytes",
    options.maxBytes ?? defaults.receiveBytes,
    1,
    limits.receiveBytes,
  );
  const dead = parseDeadLetterTopic(name);
  return topics.refreshed(dead?.topic ?? name, async (topic) => {
    requirePartition(topic, partition);
    const keys = partitionKeys(
      context.space,
      dead ? { ...addressOf(topic, partition), deadLettersOf: dead.group } : addressOf(topic, partition),
    );
    const ends = await (dead
      ? readDeadEnds(context, keys, topic.topicId)
      : readEnds(context, keys, topic.topicId));
    const from = await resolvePosition(context, keys, options.from, ends);
    return { ...(await readFrom(context, keys.log, from, ends.end, limit, maxBytes)), ...ends };
  });
}

/** Throws PARTITION_NOT_FOUND unless the topic has the partition. */
export function requirePartition(topic: Topic, partition: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < topic.partitions) return;
  throw new TidegateError("PARTITION_NOT_FOUND", `The topic has partitions 0 to ${topic.partitions - 1}`, {
    field: "partition",
    limit: topic.partitions - 1,
  });
}

/** A group without dead letters in a partition has no log there yet. */
async function readDeadEnds(
  context: Context,
  keys: ReturnType<typeof partitionKeys>,
  topicId: string,
): Promise<LogEnds> {
  try {
    return await readEnds(context, keys, topicId);
  } catch (error) {
    if (error instanceof TidegateError && error.code === "TOPIC_NOT_FOUND") return { start: 0, end: 0 };
    throw error;
  }
}

async function readFrom(
  context: Context,
  log: string,
  from: number,
  end: number,
  limit: number,
  maxBytes: number,
): Promise<{ messages: StoredMessage[]; nextOffset: number }> {
  const messages: StoredMessage[] = [];
  let bytes = 0;
  let next = from;
  while (next < end) {
    const entries = await readEntriesFrom(
      context,
      log,
      next,
      Math.min(entriesAtATime, limit - messages.length),
    );
    if (entries.length === 0) return { messages, nextOffset: end };
    for (const entry of entries) {
      const to = Math.min(end - 1, entry.last, Math.max(next, entry.first) + limit - messages.length - 1);
      for (const message of decodeEntry(entry, next, to)) {
        messages.push(message);
        bytes += (message.key?.length ?? 0) + (message.value?.length ?? 0);
        next = message.offset + 1;
        if (messages.length === limit || bytes >= maxBytes) return { messages, nextOffset: next };
      }
      next = to + 1;
    }
  }
  return { messages, nextOffset: next };
}
