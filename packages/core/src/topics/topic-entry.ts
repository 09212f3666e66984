import type { Topic } from "./topic.ts";

/**
 * A topic in the registry. What is to be is written down first (`syncing`, `deleting`), then carried out partition by
 * partition, then confirmed (`ready`, or the entry is gone): whoever meets an unfinished entry finishes it, so a process
 * may die between any two steps. A topic exists for its users only while its entry is `ready`.
 */
export interface TopicEntry {
  readonly state: "syncing" | "ready" | "deleting";
  readonly topic: Topic;
  /** Ids of gates that the topic had before, the newest first: their counters go with the topic. */
  readonly pastGates: readonly string[];
}
