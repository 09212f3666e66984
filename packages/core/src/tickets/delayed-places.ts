import { type Context, run } from "../context.ts";
import { findDelayed } from "../redis/scripts.gen.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import { slicesOf } from "./slices.ts";

/** A delayed message: when it is due, or where it went, or before which offset that must have been. */
export type DelayedPlace =
  | { readonly dueAt: number; readonly now: number; readonly offset?: undefined }
  | { readonly offset: number }
  | { readonly before: number; readonly offset?: undefined };

/** Finds delayed messages of a partition, by the numbers that they were given. */
export async function findDelayedPlaces(
  context: Context,
  topic: Topic,
  partition: number,
  delayedIds: readonly number[],
): Promise<Map<number, DelayedPlace>> {
  const found = new Map<number, DelayedPlace>();
  for (const slice of slicesOf([...new Set(delayedIds)])) {
    const keys = keysOf(context.space, topic, partition);
    const args = { now: context.scriptNow(), topicId: topic.topicId };
    const reply = await run(context, findDelayed, keys, args, { args: slice });
    const [now, , , texts] = reply as [number, number, number, Buffer[]];
    for (const [index, number] of slice.entries()) found.set(number, delayedPlace(String(texts[index]), now));
  }
  return found;
}

function delayedPlace(text: string, now: number): DelayedPlace {
  if (text.startsWith("=")) return { offset: Number(text.slice(1)) };
  if (text.startsWith("<")) return { before: Number(text.slice(1)) };
  return { dueAt: Number(text), now };
}
