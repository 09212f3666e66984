import { limits, TidegateError } from "@tidegate/contracts";
import type { Context } from "../context.ts";
import { gateKeys, groupKeys, type LineKeys, lineKeys } from "../keys.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { addressOf, keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";

/** What every script over a waiting line is given. */
export interface LineCall {
  readonly keys: LineKeys & { readonly meta: string; readonly gate: string };
  readonly args: { readonly now: ScriptArgument; readonly topicId: string; readonly version: string };
}

/** Keys and first arguments for a topic's line. Throws LINE_NOT_FOUND for a topic without a gate: no line stands there. */
export function lineCall(context: Context, topic: Topic): LineCall {
  if (topic.gate === null) {
    throw new TidegateError("LINE_NOT_FOUND", `${topic.name} has no gate, so it has no waiting line`, {
      topic: topic.name,
    });
  }
  const { space } = context;
  const { gate } = gateKeys(space, topic.name, topic.placement, topic.gate.id);
  const { meta } = keysOf(space, topic, 0);
  return {
    keys: { ...lineKeys(space, topic.name, topic.placement), meta, gate },
    args: { now: context.scriptNow(), topicId: topic.topicId, version: String(topic.version) },
  };
}

/** The keys that tell the lag of a group: for each partition its meta, its state of the group, and its floors. */
export function lagKeys(context: Context, topic: Topic, group: string): string[] {
  const keys: string[] = [];
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    const { meta, floors } = keysOf(context.space, topic, partition);
    keys.push(meta, groupKeys(context.space, addressOf(topic, partition), group).state, floors);
  }
  return keys;
}

/** Throws INVALID unless the topic can have a line: one script looks at all its partitions. */
export function requireLineFits({ gate, partitions }: Topic): void {
  if (gate === null)
    throw new TidegateError("INVALID", "A waiting line needs a topic with a gate", { field: "topic" });
  if (partitions <= limits.gateCapacityPartitions) return;
  throw new TidegateError(
    "INVALID",
    `A waiting line stands before at most ${limits.gateCapacityPartitions} partitions`,
    { field: "topic", limit: limits.gateCapacityPartitions },
  );
}
