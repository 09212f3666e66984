import { type Context, run, send } from "../context.ts";
import { type Group, type GroupEntry, groupFields, usesLanes } from "../groups/group.ts";
import { endedKeys, groupKeys, groupsKey, laneKeys, partitionKeys } from "../keys.ts";
import { laneFields } from "../lanes/lane-fields.ts";
import { lanesCall } from "../lanes/lanes-call.ts";
import { configureGroup, configureLanes, removeGroup } from "../redis/scripts.gen.ts";
import { addressOf, keysOf } from "../topics/partition-fields.ts";
import { type Entry, readEntries, replaceEntry } from "../topics/registry.ts";
import type { GroupSteps } from "../topics/sync-topic.ts";
import type { Topic } from "../topics/topic.ts";

/** What the steps of a topic have its groups do. */
export function groupSteps(context: Context): GroupSteps {
  return {
    configureIn: async (topic, partition) => {
      const groups = await readEntries<GroupEntry>(context, groupsKey(context.space, topic.name));
      for (const { value } of groups.values()) {
        if (value?.state === "ready")
          await syncGroupPartition(context, topic, value.group, partition, "earliest");
      }
    },
    removeBeside: (topic, group) => removeLanes(context, topic, group),
  };
}

/** Carries out what an unfinished entry of a group says, and confirms it. Safe to repeat and to race with itself. */
export async function syncGroup(context: Context, topic: Topic, entry: Entry<GroupEntry>): Promise<void> {
  const { state, group } = entry.value!;
  const partitions = Array.from({ length: topic.partitions }, (_, partition) => partition);
  const registry = groupsKey(context.space, topic.name);
  if (state === "deleting") {
    await Promise.all(
      partitions.map((partition) => removeFromPartition(context, topic, group.name, partition)),
    );
    await removeLanes(context, topic, group.name);
    await replaceEntry(context, registry, group.name, entry, null);
    return;
  }
  // Lanes first: a partition that is handed over to them must find them.
  await configureLanesOf(context, topic, group, usesLanes(group));
  await Promise.all(
    partitions.map((partition) => syncGroupPartition(context, topic, group, partition, group.start)),
  );
  await replaceEntry(context, registry, group.name, entry, { state: "ready", group });
}

/**
 * Brings a group that is there up to its settings in all partitions. The answer is the highest version that one of them
 * has: higher than the group's when the registry lost a change to a failover.
 */
export async function refreshGroup(context: Context, topic: Topic, group: Group): Promise<number> {
  const partitions = Array.from({ length: topic.partitions }, (_, partition) => partition);
  const lanes = await configureLanesOf(context, topic, group, usesLanes(group));
  const versions = await Promise.all(
    partitions.map((partition) => syncGroupPartition(context, topic, group, partition, "")),
  );
  return Math.max(lanes, ...versions);
}

/** Brings the settings of a group's lanes up to date; makes them if asked to. The answer is the version they have then. */
export async function configureLanesOf(
  context: Context,
  topic: Topic,
  group: Group,
  make: boolean,
): Promise<number> {
  const { keys, args } = lanesCall(context, topic, group);
  const values = { ...args, version: group.version, make: make ? 1 : "" };
  return (await run(context, configureLanes, keys, values, { args: laneFields(group) })) as number;
}

/** Removes all that a group's lanes have. Calls that come late find no state and change nothing. */
async function removeLanes(context: Context, topic: Topic, group: string): Promise<void> {
  const { space } = context;
  await send(context, "UNLINK", ...Object.values(laneKeys(space, topic.name, group)));
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    await send(context, "UNLINK", ...Object.values(endedKeys(space, topic.name, group, partition)));
  }
}

/**
 * Makes the group in a partition, beginning at `start` ('': does not make it), or brings its settings there up to date.
 * The answer is the version that the partition has then; 0 when it has none of the group.
 */
export async function syncGroupPartition(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  start: "earliest" | "latest" | "",
): Promise<number> {
  const { meta, floors, channel } = keysOf(context.space, topic, partition);
  const keys = { meta, floors, ...groupKeys(context.space, addressOf(topic, partition), group.name) };
  const args = {
    now: context.scriptNow(),
    topicId: topic.topicId,
    channel,
    group: group.name,
    groupId: group.groupId,
    version: group.version,
    start,
  };
  return (await run(context, configureGroup, keys, args, { args: groupFields(group) })) as number;
}

async function removeFromPartition(
  context: Context,
  topic: Topic,
  group: string,
  partition: number,
): Promise<void> {
  const address = addressOf(topic, partition);
  const { meta, floors, channel } = partitionKeys(context.space, address);
  const dead = partitionKeys(context.space, { ...address, deadLettersOf: group });
  const keys = {
    meta,
    floors,
    ...groupKeys(context.space, address, group),
    deadMeta: dead.meta,
    deadLog: dead.log,
    deadMarks: dead.marks,
    deadFloors: dead.floors,
  };
  await run(context, removeGroup, keys, { topicId: topic.topicId, channel, group });
}
