import { type Context, run } from "../context.ts";
import { type OffsetState, type Standing, standing } from "../group-verbs/standing.ts";
import { usesLanes } from "../groups/group.ts";
import { describePartition } from "../redis/scripts.gen.ts";
import { type Kept, readKept } from "../results/results.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import { slicesOf } from "./slices.ts";
import type { TicketSubject } from "./ticket-directory.ts";

/** Where messages of the log stand, and what is kept of them. */
export interface OffsetsLook extends Omit<Standing, "now"> {
  readonly kept: readonly Kept[];
}

const nothingKept: Kept = { result: null, failure: null };

/** Looks at messages of one partition. With `wake`, the partition's next result wakes the waiting. */
export async function lookAtOffsets(
  context: Context,
  { topic, group }: TicketSubject,
  partition: number,
  offsets: readonly number[],
  wake: boolean,
): Promise<OffsetsLook> {
  if (group === null) return lookWithoutGroup(context, topic, partition, offsets);
  const slices = offsets.length === 0 ? [offsets] : slicesOf(offsets);
  // The results behind the standing: who dies between putting a result and settling leaves it unsettled.
  const asked = slices.map(async (slice) => {
    const standings = standing(context, topic, group, partition, slice);
    const results = readKept(context, topic, group.name, partition, slice, wake);
    const [stood, kept] = await Promise.all([standings, results]);
    if (usesLanes(group)) await lookAgain(context, topic, group.name, partition, slice, stood.states, kept);
    return { stood, kept };
  });
  const answers = await Promise.all(asked);
  return {
    ...answers[0]!.stood,
    states: answers.flatMap(({ stood }) => stood.states),
    kept: answers.flatMap(({ kept }) => kept),
  };
}

/**
 * Where the group keeps its messages on another node, the two answers may have crossed: something ended is looked at
 * again.
 */
async function lookAgain(
  context: Context,
  topic: Topic,
  group: string,
  partition: number,
  offsets: readonly number[],
  states: readonly OffsetState[],
  kept: Kept[],
): Promise<void> {
  const unsure = (index: number) =>
    states[index] === "ended" && kept[index]!.result === null && kept[index]!.failure === null;
  const indexes = offsets.map((_, index) => index).filter(unsure);
  if (indexes.length === 0) return;
  const again = await readKept(
    context,
    topic,
    group,
    partition,
    indexes.map((index) => offsets[index]!),
    false,
  );
  for (const [at, index] of indexes.entries()) kept[index] = again[at]!;
}

/** Before there is a group everything waits. */
async function lookWithoutGroup(
  context: Context,
  topic: Topic,
  partition: number,
  offsets: readonly number[],
): Promise<OffsetsLook> {
  const { meta } = keysOf(context.space, topic, partition);
  const [start] = (await run(context, describePartition, { meta }, { topicId: topic.topicId })) as [number];
  return {
    committed: start,
    next: start,
    rate: null,
    states: offsets.map((offset) => (offset < start ? "expired" : "waiting")),
    kept: offsets.map(() => nothingKept),
  };
}
