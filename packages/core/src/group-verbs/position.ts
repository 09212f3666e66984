import { usesLanes } from "../groups/group.ts";
import { hold } from "../lanes/hold.ts";
import { describe, type GroupDescription } from "./describe.ts";
import type { GroupCalls } from "./group-calls.ts";
import { type SeekTarget, seek } from "./seek.ts";
import { type Standing, standing } from "./standing.ts";

/** Where groups stand, and whether they go on from there. */
export function positionVerbs(calls: GroupCalls) {
  const { context, registry } = calls;
  const setPaused = async (topic: string, name: string, paused: boolean) => {
    await calls.get(topic, name);
    await registry.put(topic, name, {}, (group) => ({ ...group, paused }));
  };
  return {
    /** Where a group stands. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
    describe(topic: string, name: string): Promise<GroupDescription> {
      return calls.runAfresh(topic, name, (found, group) => describe(context, found, group));
    },

    /**
     * Where messages of one partition stand, at a cost that does not grow with the backlog; see `standing`.
     * @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND
     */
    standing(topic: string, name: string, partition: number, offsets: readonly number[]): Promise<Standing> {
      return calls.run(topic, name, (found, group) => standing(context, found, group, partition, offsets));
    },

    /** Moves the group's cursor. @throws OFFSET_OUT_OF_RANGE, PARTITION_NOT_FOUND, INVALID */
    async seek(topic: string, name: string, to: SeekTarget): Promise<void> {
      await calls.runAfresh(topic, name, async (found, group) => {
        await seek(context, found, group, to);
        context.touched?.addAll(found);
      });
    },

    /** Stops handing out messages. Leases that are held go on. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
    pause(topic: string, name: string): Promise<void> {
      return setPaused(topic, name, true);
    },

    /** Goes on handing out messages, also where an endpoint wanted a pause. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
    async resume(topic: string, name: string): Promise<void> {
      await setPaused(topic, name, false);
      await calls.run(topic, name, async (found, group) => {
        if (usesLanes(group)) await hold(context, found, group, null);
      });
    },
  };
}
