import type { Context } from "../context.ts";
import { type GroupKeys, groupKeys, type PartitionKeys } from "../keys.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { addressOf, keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Group } from "./group.ts";

/** What every script over a group in a partition is given. */
export interface GroupCall {
  readonly keys: Omit<PartitionKeys, "channel"> & GroupKeys;
  readonly args: {
    readonly now: ScriptArgument;
    readonly topicId: string;
    readonly channel: string;
    readonly group: string;
    readonly groupId: string;
  };
}

const callsOfGroup = new WeakMap<Group, GroupCall[]>();

/** Keys and first arguments for a group in a partition; kept with the group, since consumers ask again and again. */
export function groupCall(context: Context, topic: Topic, group: Group, partition: number): GroupCall {
  let calls = callsOfGroup.get(group);
  if (calls === undefined) {
    calls = [];
    callsOfGroup.set(group, calls);
  }
  const known = calls[partition];
  const now = context.scriptNow();
  if (known && now === "") return known;
  const { channel, ...keys } = keysOf(context.space, topic, partition);
  const call = {
    keys: { ...keys, ...groupKeys(context.space, addressOf(topic, partition), group.name) },
    args: { now, topicId: topic.topicId, channel, group: group.name, groupId: group.groupId },
  };
  calls[partition] = call;
  return call;
}
