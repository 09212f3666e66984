import { TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { type Group, usesLanes } from "../groups/group.ts";
import { groupCall } from "../groups/group-call.ts";
import { beginLanes } from "../lanes/park.ts";
import { sweepLanes } from "../lanes/sweep.ts";
import { type Position, readEnds, resolvePosition } from "../read/position.ts";
import { seekGroup } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";

/** Where a group is to go on: in every partition, or in those that `offsets` names by number. */
export type SeekTarget =
  | "earliest"
  | "latest"
  | { readonly timestamp: number }
  | { readonly offsets: Readonly<Record<string, number>> };

/**
 * Moves a group's cursor; leases and retries of the partitions are dropped. Every target is checked before the first
 * cursor moves. @throws OFFSET_OUT_OF_RANGE, PARTITION_NOT_FOUND, INVALID
 */
export async function seek(context: Context, topic: Topic, group: Group, to: SeekTarget): Promise<void> {
  const targets = await Promise.all(
    wanted(topic, to).map(async ({ partition, position, field }) => {
      if (position === "earliest" || position === "latest") return { partition, target: position };
      const keys = keysOf(context.space, topic, partition);
      const ends = await readEnds(context, keys, topic.topicId);
      try {
        return { partition, target: await resolvePosition(context, keys, position, ends) };
      } catch (error) {
        if (!(error instanceof TidegateError)) throw error;
        throw new TidegateError(error.code, error.message, { ...error.details, field });
      }
    }),
  );
  await Promise.all(
    targets.map(async ({ partition, target }) => {
      const { keys, args } = groupCall(context, topic, group, partition);
      const reply = await run(context, seekGroup, keys, { ...args, target });
      const [first, era] = reply as [number, number];
      // Should this not come to pass, the lanes begin anew when they next hear of the partition.
      if (era > 0) await beginLanes(context, topic, group, partition, { era, first });
    }),
  );
  if (usesLanes(group)) await sweepLanes(context, topic, group);
}

function wanted(topic: Topic, to: SeekTarget): { partition: number; position: Position; field: string }[] {
  if (typeof to === "string" || "timestamp" in to) {
    if (typeof to === "object") requireInteger("to.timestamp", to.timestamp, 0, Number.MAX_SAFE_INTEGER);
    else if (to !== "earliest" && to !== "latest")
      throw invalid("to", "earliest, latest, timestamp or offsets");
    const position = typeof to === "object" ? { time: to.timestamp } : to;
    return Array.from({ length: topic.partitions }, (_, partition) => ({ partition, position, field: "to" }));
  }
  const named = Object.entries(to.offsets);
  if (named.length === 0) throw invalid("to.offsets", "at least one partition");
  return named.map(([name, offset]) => {
    const partition = Number(name);
    if (!(Number.isInteger(partition) && partition >= 0 && partition < topic.partitions)) {
      throw new TidegateError("PARTITION_NOT_FOUND", `The topic has no partition ${name}`, {
        field: `to.offsets.${name}`,
        limit: topic.partitions - 1,
      });
    }
    return { partition, position: offset, field: `to.offsets.${name}` };
  });
}

function invalid(field: string, limit: string): TidegateError {
  return new TidegateError("INVALID", `${field} must be ${limit}`, { field, limit });
}
