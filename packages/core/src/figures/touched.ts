import type { Topic } from "../topics/topic.ts";

interface TouchedTopic {
  topic: Topic;
  readonly partitions: Set<number>;
  /** Whether its groups may be others. */
  regrouped: boolean;
}

/** Partitions in which this process has changed something since their figures were last read. */
export class Touched {
  /** Topic id -> the topic as it was last seen and the numbers of its partitions, those touched first at the front. */
  readonly #topics = new Map<string, TouchedTopic>();
  #onFirst: () => void = () => {};

  /** Calls back when there is something after there was nothing. */
  onFirst(listener: () => void): void {
    this.#onFirst = listener;
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  add(topic: Topic, partition: number): void {
    const known = this.#topics.get(topic.topicId);
    if (known !== undefined) {
      known.topic = topic;
      known.partitions.add(partition);
      return;
    }
    this.#topics.set(topic.topicId, { topic, partitions: new Set([partition]), regrouped: false });
    if (this.#topics.size === 1) this.#onFirst();
  }

  /** Somebody moved it, perhaps on behalf of a group that is not known here. */
  addUnknown(topic: Topic, partition: number): void {
    this.add(topic, partition);
    this.#topics.get(topic.topicId)!.regrouped = true;
  }

  /** A topic or its groups were made, changed or moved. */
  addAll(topic: Topic): void {
    for (let partition = 0; partition < topic.partitions; partition += 1) this.addUnknown(topic, partition);
  }

  /** Takes at most so many out, of the topic that has waited longest. */
  take(limit: number): { topic: Topic; partitions: number[]; regrouped: boolean } | null {
    for (const [id, { topic, partitions, regrouped }] of this.#topics) {
      const taken = [...partitions].slice(0, limit);
      for (const partition of taken) partitions.delete(partition);
      this.#topics.delete(id);
      // What is left waits behind the others.
      if (partitions.size > 0) this.#topics.set(id, { topic, partitions, regrouped: false });
      return { topic, partitions: taken, regrouped };
    }
    return null;
  }
}
