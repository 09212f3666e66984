import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { readLanes } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import { type LanePartition, parseLanePartition } from "./lane-partition.ts";
import { lanesCall } from "./lanes-call.ts";

/** Where the lanes of a group stand in each partition that they know. @throws GROUP_NOT_FOUND */
export async function readLanePartitions(
  context: Context,
  topic: Topic,
  group: Group,
): Promise<LanePartition[]> {
  const { keys, args } = lanesCall(context, topic, group);
  const reply = (await run(context, readLanes, keys, args)) as unknown[];
  return reply.flatMap((one) => parseLanePartition(one) ?? []);
}
