import { defaults, TidegateError } from "@tidegate/contracts";
import { encodeRecordBatch } from "@tidegate/record-batch";
import type { MessageHeader } from "../append/message.ts";
import { type Context, run } from "../context.ts";
import { partitionKeys } from "../keys.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { buryMessages } from "../redis/scripts.gen.ts";
import { deadLetterHeaders } from "../reserved-headers.ts";
import { addressOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Group } from "./group.ts";
import { groupCall } from "./group-call.ts";
import { type DeliveredMessage, parseSegments, type Segment } from "./lease.ts";
import type { Loader } from "./load.ts";

/** Messages whose attempts are used up or that were given up, and that await their burial. */
export interface Exhausted {
  readonly holderId: string;
  readonly reason: string;
  readonly segments: readonly Segment[];
}

/** Reads what a script tells of exhausted messages: holder, reason, segments, flat. */
export function parseExhausted(list: readonly unknown[]): Exhausted[] {
  const found: Exhausted[] = [];
  for (let index = 0; index < list.length; index += 3) {
    const [holderId, reason, segments] = list.slice(index, index + 3) as [Buffer, Buffer, number[]];
    found.push({
      holderId: holderId.toString(),
      reason: reason.toString(),
      segments: parseSegments(segments),
    });
  }
  return found;
}

/**
 * Moves exhausted messages to the dead-letter log. If the process dies before, the next acquire finds them again; the
 * script takes from the holder what it appends, so nothing is buried twice.
 */
export async function bury(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  found: readonly Exhausted[],
  loader: Loader,
): Promise<void> {
  const dead = partitionKeys(context.space, { ...addressOf(topic, partition), deadLettersOf: group.name });
  const { keys, args } = groupCall(context, topic, group, partition);
  for (const { holderId, reason, segments } of found) {
    const messages = await readAll(loader, topic, partition, segments);
    const bodies = new Map(
      messages.map((message) => [
        message.offset,
        deadLetter(topic, group, partition, message, reason, context.now()),
      ]),
    );
    const entries: ScriptArgument[] = [];
    for (const { first, last } of segments) {
      for (let offset = first; offset <= last; offset += 1) entries.push(offset, bodies.get(offset) ?? "");
    }
    await run(
      context,
      buryMessages,
      { ...keys, deadMeta: dead.meta, deadLog: dead.log, deadMarks: dead.marks, deadFloors: dead.floors },
      { ...args, holderId, keepMs: defaults.deadLetterRetentionMs },
      { args: entries },
    );
  }
}

/**
 * The messages of the segments. What does not decode is buried without its content, or its group would stand before it
 * for ever; the log keeps the bytes.
 */
async function readAll(
  loader: Loader,
  topic: Topic,
  partition: number,
  segments: readonly Segment[],
): Promise<DeliveredMessage[]> {
  const load = (some: readonly Segment[]) =>
    loader.load(topic, { id: "", partition, deadline: 0, segments: some });
  try {
    return await load(segments);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
  }
  const messages: DeliveredMessage[] = [];
  for (const { first, last, attempt } of segments) {
    for (let offset = first; offset <= last; offset += 1) {
      const found = await load([{ first: offset, last: offset, attempt }]).catch((error) => {
        if (!isCorrupt(error)) throw error;
        return [{ offset, timestamp: 0, key: null, value: null, headers: [], attempt }];
      });
      messages.push(...found);
    }
  }
  return messages;
}

function isCorrupt(error: unknown): boolean {
  return error instanceof TidegateError && error.code === "CORRUPT_BATCH";
}

/** The dead letter of a message: itself, with headers that tell where it comes from and why it is here. */
export function deadLetter(
  topic: Topic,
  group: Group,
  partition: number,
  message: DeliveredMessage,
  reason: string,
  diedAt: number,
): Buffer {
  const own: MessageHeader[] = Object.entries({
    [deadLetterHeaders.topic]: topic.name,
    [deadLetterHeaders.partition]: String(partition),
    [deadLetterHeaders.offset]: String(message.offset),
    [deadLetterHeaders.timestamp]: String(message.timestamp),
    [deadLetterHeaders.attempts]: String(message.attempt),
    [deadLetterHeaders.reason]: reason,
    [deadLetterHeaders.group]: group.name,
  }).map(([key, value]) => ({ key, value: Buffer.from(value) }));
  const { key, value, headers } = message;
  const batch = encodeRecordBatch([{ key, value, headers: [...headers, ...own], timestamp: diedAt }]);
  return Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
}
