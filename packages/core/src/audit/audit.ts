import { TidegateError } from "@tidegate/contracts";
import { type Context, run, send } from "../context.ts";
import type { Groups } from "../group-verbs/groups.ts";
import { type Group, usesLanes } from "../groups/group.ts";
import { groupCall } from "../groups/group-call.ts";
import { partitionKeys } from "../keys.ts";
import { readEntriesFrom } from "../read/log-entry.ts";
import { readEnds } from "../read/position.ts";
import { inspectGroup } from "../redis/scripts.gen.ts";
import { addressOf, keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Topics } from "../topics/topics.ts";
import { checkLanes } from "./check-lanes.ts";
import { checkGroupState, parseGroupState } from "./group-state.ts";
import { readLanesState } from "./lanes-state.ts";

/** What a recount found. */
export interface AuditReport {
  readonly topic: string;
  readonly partitions: number;
  readonly groups: number;
  /** Messages that the log has. */
  readonly messages: number;
  /** What does not add up, in words; empty when everything does. */
  readonly findings: readonly string[];
}

/**
 * Recounts a topic: offsets dense from start to end, bytes and delayed messages as counted, and for each group every
 * message in exactly one state. Reads the whole log; traffic meanwhile does not disturb it, since each group's state is
 * read in one script and the log only between the ends that it had.
 */
export async function auditTopic(
  context: Context,
  topics: Topics,
  groups: Groups,
  name: string,
  signal?: AbortSignal,
): Promise<AuditReport> {
  const topic = await topics.get(name);
  const list = await groups.list(name);
  const findings: string[] = [];
  let messages = 0;
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    const note = (finding: string) => findings.push(`partition ${partition}: ${finding}`);
    messages += await auditLog(context, topic, partition, note, signal);
    for (const group of list) {
      signal?.throwIfAborted();
      if (await auditGroup(context, topic, group, partition, note)) continue;
      const isListed = (await groups.list(name)).some(({ groupId }) => groupId === group.groupId);
      if (isListed) note(`group ${group.name}: it has no state`);
    }
  }
  for (const group of list) {
    if (!usesLanes(group)) continue;
    const lanes = await readLanesState(context, topic, group).catch((error) => {
      if (error instanceof TidegateError && error.code === "GROUP_NOT_FOUND") return null;
      throw error;
    });
    if (lanes) for (const finding of checkLanes(lanes)) findings.push(`group ${group.name}: ${finding}`);
  }
  return { topic: name, partitions: topic.partitions, groups: list.length, messages, findings };
}

async function auditLog(
  context: Context,
  topic: Topic,
  partition: number,
  note: (finding: string) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  const keys = keysOf(context.space, topic, partition);
  const { start, end } = await readEnds(context, keys, topic.topicId);
  let next = start;
  while (next < end) {
    signal?.throwIfAborted();
    const entries = await readEntriesFrom(context, keys.log, next, 100);
    for (const { first, last } of entries) {
      // Retention may have been at work since the start was read.
      const from = first > next ? Math.max(next, (await readEnds(context, keys, topic.topicId)).start) : next;
      if (first > from) note(`offsets ${from} to ${first - 1} are missing from the log`);
      if (first < next && first >= start) note(`offset ${first} stands twice in the log`);
      next = last + 1;
    }
    if (entries.length === 0) {
      const { start: startNow } = await readEnds(context, keys, topic.topicId);
      if (startNow <= next) note(`offsets ${next} to ${end - 1} are missing from the log`);
      break;
    }
  }
  await auditDelayed(context, keys, note);
  return end - start;
}

async function auditDelayed(
  context: Context,
  keys: ReturnType<typeof keysOf>,
  note: (finding: string) => void,
): Promise<void> {
  const [counted, ordered, stored] = await Promise.all([
    send(context, "HGET", keys.meta, "delayed"),
    send(context, "ZCARD", keys.delayed),
    send(context, "HLEN", keys.bodies),
  ]);
  if (Number(counted) !== ordered || ordered !== stored) {
    note(`${counted} delayed messages are counted, ${ordered} are due, ${stored} are stored`);
  }
}

/** False when the group has no state there, as one that was deleted meanwhile. */
async function auditGroup(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  note: (finding: string) => void,
): Promise<boolean> {
  const { keys, args } = groupCall(context, topic, group, partition);
  const dead = partitionKeys(context.space, { ...addressOf(topic, partition), deadLettersOf: group.name });
  const all = { ...keys, deadMeta: dead.meta, deadLog: dead.log };
  const state = parseGroupState(await run(context, inspectGroup, all, args));
  if (state.counters.size === 0) return false;
  for (const finding of checkGroupState(state)) note(`group ${group.name}: ${finding}`);
  return true;
}
