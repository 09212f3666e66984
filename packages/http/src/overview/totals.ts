import type { Overview, TopicFigures } from "@tidegate/core";

/** Sums over all topics: those that only grow count what topics that are gone, or were made anew, had come to. */
export class Totals {
  published = 0;
  drained = 0;
  lag = 0;
  #before = new Map<string, TopicFigures>();

  /** Takes in how things stand now; the topics that are otherwise than before, and the names of those that are gone. */
  add(overview: Overview): { changed: TopicFigures[]; gone: string[] } {
    const first = this.#before.size === 0 && this.published === 0;
    const known = this.#before;
    this.#before = new Map(overview.topics.map((topic) => [topic.name, topic]));
    this.lag = 0;
    const changed: TopicFigures[] = [];
    for (const topic of overview.topics) {
      for (const { lag } of topic.groups) this.lag += lag;
      const before = known.get(topic.name);
      if (before !== undefined && JSON.stringify(before) === JSON.stringify(topic)) continue;
      changed.push(topic);
      if (first) continue;
      this.published += Math.max(0, topic.end - (before?.end ?? 0));
      for (const { name, lag } of topic.groups) {
        const old = before?.groups.find((group) => group.name === name);
        // A group that is new has drained nothing; one that goes back neither.
        if (old !== undefined) this.drained += Math.max(0, topic.end - lag - (before!.end - old.lag));
      }
    }
    const gone = [...known.keys()].filter((name) => !this.#before.has(name));
    return { changed, gone };
  }
}
