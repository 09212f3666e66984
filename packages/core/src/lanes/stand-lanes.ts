import { TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { standLanes } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import { lanesPartitionCall } from "./lanes-call.ts";

/** Where the lanes of a group stand in a partition, and with some of its messages. */
export interface LanesStanding {
  /** First offset that is not in the lanes. */
  readonly filed: number;
  readonly committed: number;
  /** 0 waiting, 1 processing, 2 ended: for each offset, in order. */
  readonly codes: readonly number[];
}

/** Null when the lanes know nothing of the partition yet, or no longer. */
export async function standingOfLanes(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  offsets: readonly number[],
): Promise<LanesStanding | null> {
  const { keys, args } = lanesPartitionCall(context, topic, group, partition);
  const { topicId, groupId } = args;
  const reply = await run(
    context,
    standLanes,
    keys,
    { topicId, groupId, partition },
    { args: offsets },
  ).catch((error) => {
    if (error instanceof TidegateError && error.code === "GROUP_NOT_FOUND") return [];
    throw error;
  });
  const [filed, committed, codes] = reply as [number?, number?, number[]?];
  return filed === undefined ? null : { filed, committed: committed!, codes: codes! };
}
