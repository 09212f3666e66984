import { changeGroup, usesLanes } from "../groups/group.ts";
import { changeKeys, changesSettings, type FlowChange, pinAfter, requireKeys } from "../lanes/flow.ts";
import { type Holding, type HoldOptions, hold, readHolding } from "../lanes/hold.ts";
import { holdLaneOf, type MessageOfLane, readHoldOfLane } from "../lanes/hold-lane.ts";
import type { LaneLoader } from "../lanes/lane-loader.ts";
import { type Flow, readFlow } from "../lanes/read-flow.ts";
import { describe } from "./describe.ts";
import type { GroupCalls } from "./group-calls.ts";

/** How fast groups hand out, and whether. */
export function flowVerbs(calls: GroupCalls, laneLoader: LaneLoader) {
  const { context, registry } = calls;
  const flow = async (topic: string, name: string): Promise<Flow> => {
    return calls.runAfresh(topic, name, async (found, group) => {
      const known = await readFlow(context, found, group, laneLoader);
      if (known.inFlight !== null) return { ...known, inFlight: known.inFlight };
      return { ...known, inFlight: (await describe(context, found, group)).inFlight };
    });
  };
  return {
    /** How a group flows: limits, what waits and what is in flight, the keys that matter. @throws GROUP_NOT_FOUND */
    flow,

    /**
     * Changes how a group flows: limits, a pin over them, single keys. A group on ranges that is given a limit comes to lanes.
     * @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID
     */
    async changeFlow(topic: string, name: string, change: FlowChange): Promise<Flow> {
      const before = await calls.get(topic, name);
      const { rate, concurrency, perKey } = change;
      const wanted = changeGroup(before, { rate, concurrency, perKey });
      requireKeys({ ...wanted, pin: pinAfter(before, change) }, change);
      if (changesSettings(change)) {
        await registry.put(topic, name, { rate, concurrency, perKey }, (group) => ({
          ...group,
          pin: pinAfter(group, change),
        }));
      }
      if (change.keys !== undefined || change.reset === true) {
        await calls.run(topic, name, async (found, group) => {
          if (usesLanes(group)) await changeKeys(context, found, group, change);
        });
      }
      return flow(topic, name);
    },

    /**
     * Hands nothing out of a group on lanes until a time, and then, to probe, one message at a time until it is held no
     * longer (null). @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID
     */
    async hold(topic: string, name: string, options: HoldOptions | null): Promise<void> {
      await calls.run(topic, name, (found, group) => hold(context, found, group, options));
    },

    /** How a group on lanes is held; null when it is not. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
    holding(topic: string, name: string): Promise<Holding | null> {
      return calls.run(topic, name, (found, group) => readHolding(context, found, group));
    },

    /**
     * Hands nothing out of one lane of a group, that of a message, for so long from now, and then one message at a time until
     * it is held no longer (null). Other lanes go on. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID
     */
    async holdLane(
      topic: string,
      name: string,
      message: MessageOfLane,
      options: { readonly forMs: number } | null,
    ): Promise<void> {
      await calls.run(topic, name, (found, group) => holdLaneOf(context, found, group, message, options));
    },

    /** How the lane of a message is held; null when it is not. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
    holdingLane(topic: string, name: string, message: MessageOfLane): Promise<Holding | null> {
      return calls.run(topic, name, (found, group) => readHoldOfLane(context, found, group, message));
    },
  };
}
