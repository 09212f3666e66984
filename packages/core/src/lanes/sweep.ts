import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { sweepLanes as sweepLanesScript } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import { lanesCall } from "./lanes-call.ts";

const looksACall = 1000;

/** Removes from the lanes of a group what a seek went past. */
export async function sweepLanes(context: Context, topic: Topic, group: Group): Promise<void> {
  const { keys, args } = lanesCall(context, topic, group);
  for (const what of ["queue", "due", "exhausted"]) {
    for (let fromRank = 0; fromRank >= 0; ) {
      const values = { ...args, what, fromRank, limit: looksACall };
      fromRank = (await run(context, sweepLanesScript, keys, values)) as number;
    }
  }
}
