import { TidegateError } from "@tidegate/contracts";
import type { Group } from "../groups/group.ts";
import type { Topic } from "../topics/topic.ts";
import { GroupLanes, type LanesParts } from "./group-lanes.ts";

/** The lanes of all groups that this process works with. */
export class Lanes {
  readonly #parts: LanesParts;
  /** Topic -> group -> its lanes. */
  readonly #known = new Map<string, Map<string, { groupId: string; lanes: GroupLanes }>>();

  constructor(parts: LanesParts) {
    this.#parts = parts;
  }

  /** The lanes of a group. */
  of(topic: Topic, group: Group): GroupLanes {
    let groups = this.#known.get(topic.topicId);
    if (groups === undefined) {
      groups = new Map();
      this.#known.set(topic.topicId, groups);
    }
    const known = groups.get(group.name);
    if (known?.groupId === group.groupId) return known.lanes;
    const lanes = new GroupLanes(this.#parts);
    groups.set(group.name, { groupId: group.groupId, lanes });
    return lanes;
  }

  forgetTopic(topic: Topic): void {
    this.#known.delete(topic.topicId);
    this.#parts.laneLoader.forget(topic);
  }

  forgetGroup(topic: Topic, name: string): void {
    this.#known.get(topic.topicId)?.delete(name);
  }
}

/**
 * Ends or extends a lease where its group keeps it now; when it is not known there, where it was kept before: leases that
 * were given before a group changed between ranges and lanes end as any other.
 */
export async function eitherWay<T>(now: () => Promise<T>, before: () => Promise<T>): Promise<T> {
  try {
    return await now();
  } catch (lost) {
    if (!(lost instanceof TidegateError && lost.code === "LEASE_LOST")) throw lost;
    try {
      return await before();
    } catch (error) {
      const unknown =
        error instanceof TidegateError && (error.code === "LEASE_LOST" || error.code === "GROUP_NOT_FOUND");
      throw unknown ? lost : error;
    }
  }
}
