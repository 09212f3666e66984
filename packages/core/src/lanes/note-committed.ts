import type { Context } from "../context.ts";
import type { Group } from "../groups/group.ts";
import type { Topic } from "../topics/topic.ts";
import type { LanePartition } from "./lane-partition.ts";
import { visit } from "./visit.ts";

/** While a partition has more to do, it is told so seldom how far the group has come. */
const everyMs = 100;

/**
 * Tells partitions how far the lanes of a group have come, so that retention and gates know. A partition of which nothing
 * is left in the lanes is told at once, for nobody may come after it; others now and then.
 */
export class CommittedNotes {
  readonly #context: Context;
  /** Partition -> what it was told, and when. */
  readonly #told = new Map<number, { committed: number; at: number }>();

  constructor(context: Context) {
    this.#context = context;
  }

  async note(topic: Topic, group: Group, at: LanePartition | null): Promise<void> {
    if (at === null) return;
    const told = this.#told.get(at.partition);
    if (told?.committed === at.committed) return;
    const now = Date.now();
    if (at.held > 0 && told && now - told.at < everyMs) return;
    this.#told.set(at.partition, { committed: at.committed, at: now });
    await visit(this.#context, topic, group, at.partition, at);
  }
}
