import { limits } from "@tidegate/contracts";
import { type Context, run, send } from "../context.ts";
import { gateKeys, groupKeys, groupsKey, lineKeys, partitionKeys, topicIdsKey, topicsKey } from "../keys.ts";
import { closePartition, configurePartition, removePartition } from "../redis/scripts.gen.ts";
import { addressOf, keysOf, partitionFields } from "./partition-fields.ts";
import { type Entry, readEntries, readEntry, replaceEntry } from "./registry.ts";
import type { Topic } from "./topic.ts";
import type { TopicEntry } from "./topic-entry.ts";

/** What the steps of a topic have its groups do. */
export interface GroupSteps {
  /** Makes all groups of the topic in a partition that is new. */
  configureIn(topic: Topic, partition: number): Promise<void>;
  /** Removes what a group has beside its partitions. */
  removeBeside(topic: Topic, group: string): Promise<void>;
}

/**
 * Carries out what an unfinished entry says, and confirms it. Safe to repeat and to race with itself: each step changes
 * nothing when it was done before.
 */
export async function syncTopic(
  context: Context,
  groups: GroupSteps,
  entry: Entry<TopicEntry>,
): Promise<void> {
  const { state, topic, pastGates } = entry.value!;
  if (state === "deleting") {
    await removePartitions(context, groups, topic, pastGates);
    await send(context, "HDEL", topicIdsKey(context.space), topic.topicId);
    await replaceEntry(context, topicsKey(context.space), topic.name, entry, null);
    return;
  }
  await send(context, "HSET", topicIdsKey(context.space), topic.topicId, topic.name);
  await configurePartitions(context, groups, topic);
  await replaceEntry(context, topicsKey(context.space), topic.name, entry, {
    state: "ready",
    topic,
    pastGates,
  });
}

/**
 * Makes the partitions of a topic again that a failover took, with their groups. Another topic's are left alone; and when the
 * topic turns out to have been deleted meanwhile, so are those that were made for it.
 */
export async function restorePartitions(context: Context, groups: GroupSteps, topic: Topic): Promise<void> {
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    if (!(await configureOne(context, topic, partition, true))) continue;
    const { value } = await readEntry<TopicEntry>(context, topicsKey(context.space), topic.name);
    if (value?.state === "ready" && value.topic.topicId === topic.topicId) {
      await groups.configureIn(topic, partition);
    } else {
      await closeOne(context, topic, partition);
      await removeOne(context, topic, partition, []);
    }
  }
}

/** New partitions come first and get their groups, so that whoever sees the growth finds them whole. */
async function configurePartitions(context: Context, groups: GroupSteps, topic: Topic): Promise<void> {
  const before = topic.grown[0]?.partitions ?? topic.partitions;
  for (let partition = before; partition < topic.partitions; partition += 1) {
    await configureOne(context, topic, partition);
  }
  for (let partition = before; partition < topic.partitions; partition += 1) {
    await groups.configureIn(topic, partition);
  }
  const rest = Array.from({ length: before }, (_, partition) => configureOne(context, topic, partition));
  await Promise.all(rest);
}

/** Whether there was no such partition. */
async function configureOne(
  context: Context,
  topic: Topic,
  partition: number,
  mend = false,
): Promise<boolean> {
  const { channel: _, ...keys } = keysOf(context.space, topic, partition);
  const args = { topicId: topic.topicId, version: topic.version, mend: mend ? 1 : "" };
  return (await run(context, configurePartition, keys, args, { args: partitionFields(topic) })) === 2;
}

async function removePartitions(
  context: Context,
  groups: GroupSteps,
  topic: Topic,
  pastGates: readonly string[],
): Promise<void> {
  const { space } = context;
  const partitions = Array.from({ length: topic.partitions }, (_, partition) => partition);
  await Promise.all(partitions.map((partition) => closeOne(context, topic, partition)));
  // Only now: while a partition is open, a consumer may still make a group there.
  const names = [...(await readEntries(context, groupsKey(space, topic.name))).keys()];
  const gates = [...(topic.gate ? [topic.gate.id] : []), ...pastGates];
  for (const id of gates) {
    await send(context, "UNLINK", ...Object.values(gateKeys(space, topic.name, topic.placement, id)));
  }
  await send(context, "UNLINK", ...Object.values(lineKeys(space, topic.name, topic.placement)));
  for (const partition of partitions) await removeOne(context, topic, partition, names);
  for (const name of names) await groups.removeBeside(topic, name);
  await send(context, "UNLINK", groupsKey(space, topic.name));
}

async function closeOne(context: Context, topic: Topic, partition: number): Promise<void> {
  const { meta, channel } = keysOf(context.space, topic, partition);
  await run(context, closePartition, { meta }, { topicId: topic.topicId, channel });
}

async function removeOne(
  context: Context,
  topic: Topic,
  partition: number,
  groups: readonly string[],
): Promise<void> {
  const { space } = context;
  const address = addressOf(topic, partition);
  const { meta, channel: _, ...others } = partitionKeys(space, address);
  const keys = Object.values(others);
  for (const group of groups) {
    const { channel: __, ...dead } = partitionKeys(space, { ...address, deadLettersOf: group });
    keys.push(...Object.values(groupKeys(space, address, group)), ...Object.values(dead));
  }
  await run(context, removePartition, { meta }, { topicId: topic.topicId }, { keys });
}

/** The gates whose counters a topic still answers for after a change; those that fall off are removed. */
export async function pastGatesAfter(
  context: Context,
  before: TopicEntry,
  after: Topic,
): Promise<readonly string[]> {
  const { topic, pastGates } = before;
  if (topic.gate === null || topic.gate.id === after.gate?.id) return pastGates;
  const gates = [topic.gate.id, ...pastGates.filter((id) => id !== topic.gate?.id && id !== after.gate?.id)];
  for (const id of gates.slice(limits.pastGates)) {
    await send(context, "UNLINK", ...Object.values(gateKeys(context.space, topic.name, topic.placement, id)));
  }
  return gates.slice(0, limits.pastGates);
}
