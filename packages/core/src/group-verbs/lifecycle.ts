import { TidegateError } from "@tidegate/contracts";
import { type Group, type GroupSettings, usesLanes } from "../groups/group.ts";
import type { Waker } from "../wake/waker.ts";
import { describe } from "./describe.ts";
import type { GroupCalls } from "./group-calls.ts";
import { pushChanges, waitForPushChange } from "./push-changes.ts";

/** Which groups there are. */
export function lifecycleVerbs(calls: GroupCalls, waker: Waker) {
  const { context, topics, registry } = calls;
  return {
    /**
     * Creates a group, or changes what `settings` names of it. Repeating it changes nothing.
     * @throws TOPIC_NOT_FOUND, INVALID, ORDERING_CANNOT_CHANGE
     */
    put(
      topic: string,
      name: string,
      settings: GroupSettings = {},
    ): Promise<{ group: Group; created: boolean }> {
      return registry.put(topic, name, settings, async (group) => {
        if (group.version > 1 && settings.ordering !== undefined) await requireIdle(calls, topic, group);
        return group;
      });
    },

    /** @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
    get(topic: string, name: string): Promise<Group> {
      return calls.get(topic, name);
    },

    /** All groups of a topic, by name. @throws TOPIC_NOT_FOUND */
    async list(topic: string): Promise<Group[]> {
      return registry.list(await topics.get(topic));
    },

    /** Deletes a group with its dead letters. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
    async delete(topic: string, name: string): Promise<void> {
      await registry.delete(await topics.get(topic), name);
    },

    /** What was heard of changes of push groups so far: to be asked for before a look at them. */
    pushChanges(): number | null {
      return pushChanges(context, waker);
    },

    /** Waits until push groups may have changed since `seen`, or so long. Never throws. */
    waitForPushChange(
      seen: number | null,
      options: { timeoutMs: number; signal?: AbortSignal | undefined },
    ): Promise<void> {
      return waitForPushChange(context, waker, seen, options);
    },
  };
}

async function requireIdle(calls: GroupCalls, topic: string, wanted: Group): Promise<void> {
  const standing = await calls.runAfresh(topic, wanted.name, (found, group) =>
    describe(calls.context, found, group),
  );
  // Lanes are handed over and back whatever is held.
  if (usesLanes(standing) || usesLanes(wanted)) return;
  if (standing.ordering === wanted.ordering || standing.inFlight + standing.retrying === 0) return;
  throw new TidegateError("ORDERING_CANNOT_CHANGE", undefined, {
    field: "ordering",
    limit: standing.ordering,
  });
}
