import {
  type DeadLetterOptions,
  type DeadLetterPage,
  listDeadLetters,
  type RedriveTarget,
  redrive,
} from "../groups/dead-letters.ts";
import { usesLanes } from "../groups/group.ts";
import type { Lanes } from "../lanes/lanes.ts";
import type { GroupCalls } from "./group-calls.ts";

/** What groups gave up. */
export function deadLetterVerbs(calls: GroupCalls, lanes: Lanes) {
  const { context, topics, registry } = calls;
  return {
    /** Lists dead letters. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID */
    async deadLetters(topic: string, name: string, options: DeadLetterOptions = {}): Promise<DeadLetterPage> {
      const found = await topics.get(topic);
      return listDeadLetters(context, found, await registry.get(found, name), options);
    },

    /** Hands dead letters back to the group. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID */
    async redrive(topic: string, name: string, target: RedriveTarget): Promise<{ redriven: number }> {
      return calls.runAfresh(topic, name, async (found, group) => {
        const result = await redrive(context, found, group, target);
        context.touched?.addAll(found);
        // Whether a message is on its way already, the lanes know. Whoever files moves over what is left here.
        if (usesLanes(group))
          await lanes
            .of(found, group)
            .moveOver(found, group)
            .catch(() => {});
        return result;
      });
    },
  };
}
