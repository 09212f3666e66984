import { partitionOfKey, TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { findRepeat } from "../redis/scripts.gen.ts";
import { keysOf } from "../topics/partition-fields.ts";
import { recentGrowths, type Topic } from "../topics/topic.ts";
import { messageHash, type OutgoingMessage } from "./message.ts";
import type { AppendOutcome } from "./parcel.ts";
import { partitionOfIdempotencyKey } from "./partitioner.ts";

/**
 * After a topic grew, keys have other partitions: for as long as idempotency keys are remembered, the former partitions
 * are asked whether they know a message. Fills in the outcomes of those they know and returns the indexes of the others.
 */
export async function findFormerRepeats(
  context: Context,
  topic: Topic,
  messages: readonly OutgoingMessage[],
  indexes: number[],
  outcomes: AppendOutcome[],
): Promise<number[]> {
  if (!mayHaveFormerRepeats(context, topic, messages)) return indexes;
  const counts = recentGrowths(topic, context.now()).map(({ partitions }) => partitions);
  const found = await Promise.all(
    indexes.map(async (index) => {
      const message = messages[index]!;
      const asked = formerPartitions(message, counts, topic.partitions).map((partition) =>
        findOne(context, topic, message, partition),
      );
      return (await Promise.all(asked)).find((outcome) => outcome !== null) ?? null;
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
  topic: Topic,
  messages: readonly OutgoingMessage[],
): boolean {
  if (topic.grown.length === 0 || recentGrowths(topic, context.now()).length === 0) return false;
  return messages.some(({ idempotencyKey }) => idempotencyKey !== undefined);
}

/** The partitions that a message went to under any of the former counts, and now no longer does. */
function formerPartitions(message: OutgoingMessage, before: readonly number[], after: number): number[] {
  const { partition, key, idempotencyKey } = message;
  if (idempotencyKey === undefined || partition !== undefined) return [];
  const choose = (count: number) =>
    key ? partitionOfKey(key, count) : partitionOfIdempotencyKey(idempotencyKey, count);
  const former = new Set(before.map(choose));
  former.delete(choose(after));
  return [...former];
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
