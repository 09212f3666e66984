import { defaults, TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { findRepeat } from "../redis/scripts.gen.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import { messageHash, type OutgoingMessage } from "./message.ts";
import type { AppendOutcome } from "./parcel.ts";
import { partitionOfIdempotencyKey, partitionOfKey } from "./partitioner.ts";

/**
 * After a topic grew, keys have other partitions: for one window of idempotency the former partition is asked whether it
 * knows a message. Fills in the outcomes of those it knows and returns the indexes of the others.
 */
export async function findFormerRepeats(
  context: Context,
  topic: Topic,
  messages: readonly OutgoingMessage[],
  indexes: number[],
  outcomes: AppendOutcome[],
): Promise<number[]> {
  const { grown } = topic;
  if (grown === null || !mayHaveFormerRepeats(context, topic, messages)) return indexes;
  const found = await Promise.all(
    indexes.map(async (index) => {
      const message = messages[index]!;
      const former = formerPartition(message, grown.partitions, topic.partitions);
      return former === null ? null : findOne(context, topic, message, former);
    }),
  );
  return indexes.filter((index, at) => {
    const outcome = found[at];
    if (outcome) outcomes[index] = outcome;
    return !outcome;
  });
}

/** Whether a former partition has to be asked at all. */
export function mayHaveFormerRepeats(
  context: Context,
  { grown }: Topic,
  messages: readonly OutgoingMessage[],
): boolean {
  if (grown === null || context.now() - grown.at > 2 * defaults.idempotencyWindowMs) return false;
  return messages.some(({ idempotencyKey }) => idempotencyKey !== undefined);
}

function formerPartition(message: OutgoingMessage, before: number, after: number): number | null {
  const { partition, key, idempotencyKey } = message;
  if (idempotencyKey === undefined || partition !== undefined) return null;
  const choose = (count: number) =>
    key ? partitionOfKey(key, count) : partitionOfIdempotencyKey(idempotencyKey, count);
  const former = choose(before);
  return former === choose(after) ? null : former;
}

async function findOne(
  context: Context,
  topic: Topic,
  message: OutgoingMessage,
  partition: number,
): Promise<AppendOutcome | null> {
  const { repeats0, repeats1 } = keysOf(context.space, topic, partition);
  const known = await run(context, findRepeat, { repeats0, repeats1 }, { key: message.idempotencyKey! });
  if (!known) return null;
  const [place, hash] = String(known).split(",") as [string, string];
  if (hash !== messageHash(message)) {
    return {
      status: "refused",
      error: new TidegateError("IDEMPOTENCY_CONFLICT", undefined, { topic: topic.name }),
    };
  }
  if (place.startsWith("d")) {
    return { status: "delayed", partition, delayedId: Number(place.slice(1)), duplicate: true };
  }
  return { status: "appended", partition, offset: Number(place), duplicate: true };
}
