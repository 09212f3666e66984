import { TidegateError } from "@tidegate/contracts";
import type { Engine, Group, Topic } from "@tidegate/core";
import type { PushGroup } from "./pusher.ts";

/** A group whose messages are pushed, with its topic. */
export interface FoundGroup {
  readonly topic: Topic;
  readonly group: PushGroup;
}

/** The push groups of all topics: three round trips, whatever their number. */
export async function findPushGroups(engine: Engine): Promise<FoundGroup[]> {
  const topics = await engine.topics.list();
  return (await Promise.all(topics.map((topic) => pushGroupsOf(engine, topic.name)))).flat();
}

/** The push groups of one topic; none when it is gone. */
export async function pushGroupsOf(engine: Engine, name: string): Promise<FoundGroup[]> {
  try {
    const groups = (await engine.groups.list(name)).filter(isPushed);
    if (groups.length === 0) return [];
    const topic = await engine.topics.lookup(name);
    return groups.map((group) => ({ topic, group }));
  } catch (error) {
    if (error instanceof TidegateError && error.code === "TOPIC_NOT_FOUND") return [];
    throw error;
  }
}

function isPushed(group: Group): group is PushGroup {
  return group.push !== null;
}
