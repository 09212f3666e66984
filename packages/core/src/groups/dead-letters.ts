import { defaults, limits } from "@tidegate/contracts";
import { encodeRecordBatch } from "@tidegate/record-batch";
import { type Context, nonce, run } from "../context.ts";
import { partitionKeys } from "../keys.ts";
import { decodeEntry, readEntriesFrom } from "../read/log-entry.ts";
import { requirePartition, type StoredMessage } from "../read/read-log.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { redriveMessages } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import { deadLetterHeaders, onlyGroupHeader } from "../reserved-headers.ts";
import { addressOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Group } from "./group.ts";
import { groupCall } from "./group-call.ts";

/** A message that a group gave up. `partition` and `offset` are its place in the dead-letter log. */
export interface DeadLetter extends StoredMessage {
  readonly partition: number;
  readonly originOffset: number;
  readonly attempts: number;
  readonly reason: string | null;
}

/** Dead letters, and where to list on; null at the end. */
export interface DeadLetterPage {
  readonly messages: DeadLetter[];
  readonly next: { readonly partition: number; readonly from: number } | null;
}

/** Which dead letters to list. */
export interface DeadLetterOptions {
  /** Only this partition's; default: all, one after the other. */
  readonly partition?: number | undefined;
  /** Offset in the dead-letter log of the first partition to begin at. */
  readonly from?: number | undefined;
  /** 1 to 1,000; default 100. */
  readonly limit?: number | undefined;
}

/** Which dead letters to hand back: all, or those named by their place in the dead-letter log. */
export type RedriveTarget =
  | { readonly all: true }
  | { readonly messages: readonly { readonly partition: number; readonly offset: number }[] };

const ownHeaders = new Set<string>(Object.values(deadLetterHeaders));

/** Lists dead letters in order of partition and offset. @throws INVALID, PARTITION_NOT_FOUND */
export async function listDeadLetters(
  context: Context,
  topic: Topic,
  group: Group,
  options: DeadLetterOptions,
): Promise<DeadLetterPage> {
  const limit = requireInteger("limit", options.limit ?? defaults.receiveMessages, 1, limits.readMessages);
  const only = options.partition;
  if (only !== undefined) requirePartition(topic, only);
  let from = requireInteger("from", options.from ?? 0, 0, Number.MAX_SAFE_INTEGER);
  const messages: DeadLetter[] = [];
  for (
    let partition = only ?? 0;
    partition < (only === undefined ? topic.partitions : only + 1);
    partition += 1
  ) {
    while (messages.length < limit) {
      const wanted = Math.min(limits.deadLettersAtATime, limit - messages.length);
      const found = await readDead(context, topic, group, partition, from, wanted);
      messages.push(...found);
      if (found.length < wanted) break;
      from = found.at(-1)!.offset + 1;
    }
    if (messages.length >= limit) return { messages, next: { partition, from: messages.at(-1)!.offset + 1 } };
    from = 0;
  }
  return { messages, next: null };
}

/**
 * Hands dead letters back to their group, with all attempts before them again. The log's own message where it still has
 * it; else it is appended anew, for this group alone. Each letter is handed back once, whoever else tries.
 */
export async function redrive(
  context: Context,
  topic: Topic,
  group: Group,
  target: RedriveTarget,
): Promise<{ redriven: number }> {
  let redriven = 0;
  if ("all" in target) {
    for (let partition = 0; partition < topic.partitions; partition += 1) {
      for (let from = 0; ; ) {
        const letters = await readDead(context, topic, group, partition, from, limits.deadLettersAtATime);
        redriven += await redriveSome(context, topic, group, partition, letters);
        if (letters.length < limits.deadLettersAtATime) break;
        from = letters.at(-1)!.offset + 1;
      }
    }
    return { redriven };
  }
  const byPartition = new Map<number, DeadLetter[]>();
  for (const { partition, offset } of target.messages) {
    requirePartition(topic, partition);
    requireInteger("offset", offset, 0, Number.MAX_SAFE_INTEGER);
    const [letter] = await readDead(context, topic, group, partition, offset, 1);
    if (letter?.offset !== offset) continue;
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), letter]);
  }
  for (const [partition, letters] of byPartition) {
    redriven += await redriveSome(context, topic, group, partition, letters);
  }
  return { redriven };
}

async function redriveSome(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  letters: readonly DeadLetter[],
): Promise<number> {
  if (letters.length === 0) return 0;
  const dead = partitionKeys(context.space, { ...addressOf(topic, partition), deadLettersOf: group.name });
  const { keys, args } = groupCall(context, topic, group, partition);
  const entries: ScriptArgument[] = [];
  for (const letter of letters)
    entries.push(letter.offset, letter.originOffset, forGroupAlone(letter, group.name));
  const reply = await run(
    context,
    redriveMessages,
    { ...keys, deadMeta: dead.meta, deadLog: dead.log },
    { ...args, holderId: `redrive:${nonce()}` },
    { args: entries },
  );
  return reply as number;
}

async function readDead(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  from: number,
  count: number,
): Promise<DeadLetter[]> {
  const { log } = partitionKeys(context.space, { ...addressOf(topic, partition), deadLettersOf: group.name });
  const entries = await readEntriesFrom(context, log, from, count);
  return entries.map((entry) => {
    const [message] = decodeEntry(entry, entry.first, entry.last);
    return asDeadLetter(message!, partition);
  });
}

function asDeadLetter(message: StoredMessage, partition: number): DeadLetter {
  const own = new Map<string, string>();
  for (const { key, value } of message.headers) {
    if (ownHeaders.has(key) && value) own.set(key, Buffer.from(value).toString());
  }
  return {
    ...message,
    partition,
    originOffset: Number(own.get(deadLetterHeaders.offset) ?? 0),
    attempts: Number(own.get(deadLetterHeaders.attempts) ?? 0),
    reason: own.get(deadLetterHeaders.reason) || null,
  };
}

function forGroupAlone({ key, value, headers, timestamp }: DeadLetter, group: string): Buffer {
  const kept = headers.filter((header) => !ownHeaders.has(header.key));
  const only = { key: onlyGroupHeader, value: Buffer.from(group) };
  const batch = encodeRecordBatch([{ key, value, headers: [...kept, only], timestamp }]);
  return Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
}
