import type { Context } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { type EndedKeys, endedKeys, type LaneKeys, laneChannel, laneKeys } from "../keys.ts";
import type { ScriptArgument } from "../redis/script.ts";
import type { Topic } from "../topics/topic.ts";

/** What every script over the lanes of a group is given. */
export interface LanesCall {
  readonly keys: LaneKeys;
  readonly args: {
    readonly now: ScriptArgument;
    readonly topicId: string;
    readonly channel: string;
    readonly groupId: string;
  };
}

const callsOfGroup = new WeakMap<Group, LanesCall>();

/** Keys and first arguments for the lanes of a group; kept with the group, since consumers ask again and again. */
export function lanesCall(context: Context, topic: Topic, group: Group): LanesCall {
  const known = callsOfGroup.get(group);
  const now = context.scriptNow();
  if (known && now === "" && known.args.topicId === topic.topicId) return known;
  const call = {
    keys: laneKeys(context.space, topic.name, group.name),
    args: {
      now,
      topicId: topic.topicId,
      channel: laneChannel(context.space, topic.name, group.name),
      groupId: group.groupId,
    },
  };
  callsOfGroup.set(group, call);
  return call;
}

/** The same with the keys of what has ended of a partition. */
export function lanesPartitionCall(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
): { readonly keys: LaneKeys & EndedKeys; readonly args: LanesCall["args"] } {
  const { keys, args } = lanesCall(context, topic, group);
  return { keys: { ...keys, ...endedKeys(context.space, topic.name, group.name, partition) }, args };
}
