import type { DeliveredMessage } from "@tidegate/core";
import type { Chunk } from "./chunk.ts";
import { isPromise } from "./is-promise.ts";
import type { Verdicts } from "./verdicts.ts";
import type { BatchHandler } from "./worker-options.ts";

/**
 * Hands a chunk to a batch handler: as one batch, or, when some messages were delivered before and are on their last
 * attempt, those one by one, so that a message which makes its batch fail takes no neighbours with it. Returns null
 * when it has ended already. Never throws.
 */
export function handBatch(
  chunk: Chunk,
  handler: BatchHandler,
  verdicts: Verdicts,
  isOver: () => boolean,
): Promise<void> | null {
  const cuts = cutLastAttempts(chunk.messages, verdicts.maxDeliveries);
  if (cuts) return handParts(chunk, cuts, handler, verdicts, isOver);
  return handPart(chunk, 0, chunk.messages.length, handler, verdicts);
}

/**
 * Indices where the batch is cut, with its end; null when it is not. Messages of one delivery stand together,
 * so the scan is short.
 */
export function cutLastAttempts(
  messages: readonly DeliveredMessage[],
  maxDeliveries: number,
): number[] | null {
  if (maxDeliveries < 2 || messages.length < 2) return null;
  const cuts: number[] = [];
  for (let index = 1; index < messages.length; index++) {
    if (messages[index]!.attempt >= maxDeliveries || messages[index - 1]!.attempt >= maxDeliveries)
      cuts.push(index);
  }
  return cuts.length === 0 ? null : [...cuts, messages.length];
}

async function handParts(
  chunk: Chunk,
  cuts: readonly number[],
  handler: BatchHandler,
  verdicts: Verdicts,
  isOver: () => boolean,
): Promise<void> {
  let from = 0;
  for (const to of cuts) {
    if (isOver()) return;
    await handPart(chunk, from, to, handler, verdicts);
    from = to;
  }
}

function handPart(
  chunk: Chunk,
  from: number,
  to: number,
  handler: BatchHandler,
  verdicts: Verdicts,
): Promise<void> | null {
  const { messages, context } = chunk;
  chunk.next = to;
  let result: unknown;
  try {
    result = handler(to - from === messages.length ? messages : messages.slice(from, to), context);
  } catch (thrown) {
    verdicts.batchThrew(chunk, thrown, from, to);
    return null;
  }
  if (!isPromise(result)) {
    verdicts.batchReturned(chunk, result, from, to);
    return null;
  }
  return Promise.resolve(result).then(
    (value) => verdicts.batchReturned(chunk, value, from, to),
    (thrown) => verdicts.batchThrew(chunk, thrown, from, to),
  );
}
