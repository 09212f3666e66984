import { defaults, limits } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { deadLetter } from "../groups/bury.ts";
import type { Group } from "../groups/group.ts";
import { groupCall } from "../groups/group-call.ts";
import { partitionKeys } from "../keys.ts";
import { readEnds } from "../read/position.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { buryLanes, endExhausted, listExhausted } from "../redis/scripts.gen.ts";
import { addressOf, keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import { placeOfItem } from "./lane-item.ts";
import type { LaneLoader } from "./lane-loader.ts";
import { type LanePartition, parseLanePartition } from "./lane-partition.ts";
import { lanesCall, lanesPartitionCall } from "./lanes-call.ts";

interface Burial {
  readonly number: string;
  readonly item: Buffer;
  readonly reason: string;
  readonly offset: number;
  readonly attempt: number;
}

/**
 * Moves what is exhausted to the dead-letter logs of its partitions: appended there first, each by its number once, then
 * ended in the lanes. Whoever dies in between leaves the second step to the next who comes, whose first one changes
 * nothing. Returns where the partitions stand that had some.
 */
export async function buryExhausted(
  context: Context,
  topic: Topic,
  group: Group,
  laneLoader: LaneLoader,
): Promise<LanePartition[]> {
  const touched = new Map<number, LanePartition>();
  for (;;) {
    const { keys, args } = lanesCall(context, topic, group);
    const limit = limits.deadLettersAtATime;
    const list = (await run(context, listExhausted, keys, { ...args, limit })) as Buffer[];
    if (list.length === 0) return [...touched.values()];
    const byPartition = new Map<number, Burial[]>();
    for (let index = 0; index < list.length; index += 3) {
      const item = list[index + 1]!;
      const { partition, offset, attempt } = placeOfItem(item);
      const burial = {
        number: list[index]!.toString(),
        item,
        reason: list[index + 2]!.toString(),
        offset,
        attempt,
      };
      const burials = byPartition.get(partition);
      if (burials) burials.push(burial);
      else byPartition.set(partition, [burial]);
    }
    for (const [partition, burials] of byPartition) {
      const at = await buryInPartition(context, topic, group, partition, burials, laneLoader);
      if (at) touched.set(partition, at);
    }
  }
}

async function buryInPartition(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  burials: readonly Burial[],
  laneLoader: LaneLoader,
): Promise<LanePartition | null> {
  const wanted = [...burials].sort((one, other) => one.offset - other.offset);
  const messages = new Map(
    (await laneLoader.loadReadable(topic, partition, wanted)).map((message) => [message.offset, message]),
  );
  const { start } = await readEnds(context, keysOf(context.space, topic, partition), topic.topicId);
  const entries: ScriptArgument[] = [];
  const fates: ScriptArgument[] = [];
  for (const { number, item, reason, offset, attempt } of burials) {
    // The log keeps what does not decode; its dead letter has no content.
    const blank = { offset, timestamp: 0, key: null, value: null, headers: [] };
    const message = messages.get(offset) ?? (offset >= start ? blank : null);
    const letter =
      message === null
        ? ""
        : deadLetter(topic, group, partition, { ...message, attempt }, reason, context.now());
    entries.push(number, offset, letter, reason);
    fates.push(item, message === null ? "expired" : "buried");
  }
  const { keys, args } = groupCall(context, topic, group, partition);
  const dead = partitionKeys(context.space, { ...addressOf(topic, partition), deadLettersOf: group.name });
  await run(
    context,
    buryLanes,
    { ...keys, deadMeta: dead.meta, deadLog: dead.log, deadMarks: dead.marks, deadFloors: dead.floors },
    { ...args, keepMs: defaults.deadLetterRetentionMs },
    { args: entries },
  );
  const call = lanesPartitionCall(context, topic, group, partition);
  const at = await run(context, endExhausted, call.keys, { ...call.args, partition }, { args: fates });
  return parseLanePartition(at);
}
