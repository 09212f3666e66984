import type { GroupDescription } from "../group-verbs/describe.ts";
import type { Group } from "../groups/group.ts";
import type { GroupPartition } from "../groups/group-partition.ts";
import type { PartitionState } from "../topics/describe-topic.ts";
import type { Topic } from "../topics/topic.ts";

/** A topic and its groups as the figures have them. */
export interface TopicInFigures {
  readonly partitionStates: readonly PartitionState[];
  /** Without leases and holds, which figures do not tell. */
  readonly groups: readonly GroupDescription[];
}

const wordsOfPartition = 5;
const wordsOfGroup = 10;

/** Reads the records that `note-figures` keeps, one a partition; those of another topic of that name count as empty. */
export function describeFigures(
  topic: Topic,
  groups: readonly Group[],
  records: readonly string[],
): TopicInFigures {
  const partitionStates: PartitionState[] = [];
  const byGroup = new Map<string, GroupPartition[]>(groups.map(({ name }) => [name, []]));
  for (const [partition, record] of records.entries()) {
    const words = record.split(" ");
    const known = words[0] === topic.topicId;
    const [end, messages, bytes, delayed] = known
      ? words.slice(1, wordsOfPartition).map(Number)
      : [0, 0, 0, 0];
    partitionStates.push({
      partition,
      start: end! - messages!,
      end: end!,
      messages: messages!,
      bytes: bytes!,
      delayed: delayed!,
    });
    if (!known) continue;
    for (let at = wordsOfPartition; at < words.length; at += wordsOfGroup)
      byGroup.get(words[at]!)?.push(groupPartition(partition, end!, words.slice(at + 1, at + wordsOfGroup)));
  }
  return { partitionStates, groups: groups.map((group) => describeGroup(group, byGroup.get(group.name)!)) };
}

function groupPartition(partition: number, end: number, words: readonly string[]): GroupPartition {
  const [lag, inFlight, retrying, deadLettered, , next, committed, acked, expired] = words.map(Number);
  return {
    partition,
    next: next!,
    committed: committed!,
    end,
    lag: lag!,
    inFlight: inFlight!,
    retrying: retrying!,
    acked: acked!,
    deadLettered: deadLettered!,
    expired: expired!,
    leases: [],
  };
}

function describeGroup(group: Group, partitions: readonly GroupPartition[]): GroupDescription {
  const sum = (field: "lag" | "inFlight" | "retrying" | "deadLettered" | "expired") =>
    partitions.reduce((total, partition) => total + partition[field], 0);
  return {
    ...group,
    heldUntil: null,
    lag: sum("lag"),
    inFlight: sum("inFlight"),
    retrying: sum("retrying"),
    deadLettered: sum("deadLettered"),
    expired: sum("expired"),
    partitions,
  };
}
