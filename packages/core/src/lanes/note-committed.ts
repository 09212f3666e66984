import type { Context } from "../context.ts";
import type { Group } from "../groups/group.ts";
import type { Topic } from "../topics/topic.ts";
import type { LanePartition } from "./lane-partition.ts";
import { visit } from "./visit.ts";

/** While a partition has more to do, it is told so seldom how far the group has come. */
const everyMs = 100;

/** What a partition was told last, and what it is to be told next. */
interface Told {
  committed: number;
  at: number;
  next: LanePartition | null;
}

/**
 * Tells partitions how far the lanes of a group have come, so that retention and gates know. A partition of which nothing
 * is left in the lanes is told at once, for nobody may come after it; others now and then, and the last time a moment
 * after it was so.
 */
export class CommittedNotes {
  readonly #context: Context;
  readonly #told = new Map<number, Told>();

  constructor(context: Context) {
    this.#context = context;
  }

  async note(topic: Topic, group: Group, at: LanePartition | null): Promise<void> {
    if (at === null) return;
    const told = this.#told.get(at.partition);
    if (told?.committed === at.committed) return;
    const now = Date.now();
    const early = told ? everyMs - (now - told.at) : 0;
    if (!told || at.held === 0 || early <= 0) {
      this.#told.set(at.partition, { committed: at.committed, at: now, next: null });
      await visit(this.#context, topic, group, at.partition, at);
      return;
    }
    if (told.next === null) this.#noteLater(topic, group, told, early);
    told.next = at;
  }

  /** Whoever is gone by then has left it to the next who comes. */
  #noteLater(topic: Topic, group: Group, told: Told, afterMs: number): void {
    const timer = setTimeout(() => {
      const { next } = told;
      told.next = null;
      if (next !== null && this.#told.get(next.partition) === told)
        this.note(topic, group, next).catch(() => {});
    }, afterMs);
    if (typeof timer === "object") timer.unref();
  }
}
