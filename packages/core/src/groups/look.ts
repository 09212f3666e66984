import { type Context, run } from "../context.ts";
import { lookForMessages } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import type { Group } from "./group.ts";
import { groupCall } from "./group-call.ts";

/** What a look at a partition tells. */
export interface Look {
  /** Whether an acquire would find something. */
  readonly found: boolean;
  /** When something is next due, in ms by Redis's clock. */
  readonly nextDueAt: number | null;
  readonly paused: boolean;
  readonly now: number;
  readonly topicVersion: number;
}

/** Looks whether there is something for a group in a partition; with `wake`, what comes later wakes the waiting. */
export async function look(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  wake: boolean,
): Promise<Look> {
  const { keys, args } = groupCall(context, topic, group, partition);
  const reply = await run(context, lookForMessages, keys, { ...args, wake: wake ? 1 : "" });
  const [now, found, due, paused, topicVersion] = reply as [number, number, Buffer, number, number];
  return {
    found: found === 1,
    nextDueAt: due.length === 0 ? null : Number(due.toString()),
    paused: paused === 1,
    now,
    topicVersion,
  };
}
