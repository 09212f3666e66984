import { limits, parseDeadLetterTopic, TidegateError } from "@tidegate/contracts";
import { type Context, nonce, run } from "../context.ts";
import { gateKeys, topicsKey } from "../keys.ts";
import { creditStock } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import {
  describeDeadLetters,
  describeTopic,
  type GateState,
  readGate,
  type TopicDescription,
} from "./describe-topic.ts";
import { type Entry, readEntries, readEntry, replaceEntry } from "./registry.ts";
import { type GroupSteps, pastGatesAfter, restorePartitions, syncTopic } from "./sync-topic.ts";
import { changeTopic, newTopic, requireTopicName, type Topic, type TopicSettings } from "./topic.ts";
import type { TopicEntry } from "./topic-entry.ts";

/** What names a message for a credit: where it is, and what it took from which gate. */
export interface CreditPlace {
  readonly partition: number;
  readonly offset: number | null;
  readonly delayedId: number | null;
  readonly gateId: string;
  readonly stockUnits: number;
}

/**
 * Topics as they were last seen, by name. Several engines of one process may share one. Nothing rests on it: scripts
 * compare what they are told with what is there.
 */
export type TopicCache = Map<string, Topic>;

/** Topics: made, changed, grown, described and deleted, all in steps that can be resumed. */
export class Topics {
  readonly #context: Context;
  readonly #groups: GroupSteps;
  readonly #known: TopicCache;
  readonly #onGone: ((name: string, known: Topic | undefined) => void)[] = [];

  constructor(context: Context, groups: GroupSteps, cache: TopicCache) {
    this.#context = context;
    this.#groups = groups;
    this.#known = cache;
  }

  /**
   * Tells a listener about each topic that turned out not to be there, and as what it was known, so that what is kept for
   * it goes too: a process may see any number of topics come and go.
   */
  onGone(listener: (name: string, known: Topic | undefined) => void): void {
    this.#onGone.push(listener);
  }

  /**
   * Creates a topic, or changes what `settings` names of it. Repeating it changes nothing, but for a partition that was
   * lost to a failover, which is made again.
   * @throws INVALID, PARTITIONS_CANNOT_SHRINK, PLACEMENT_CANNOT_CHANGE
   */
  async put(name: string, settings: TopicSettings = {}): Promise<{ topic: Topic; created: boolean }> {
    requireTopicName(name);
    const now = this.#context.now();
    newTopic(name, { ...settings, partitions: settings.partitions ?? 1, gate: undefined }, "check", now);
    for (;;) {
      const entry = await this.#readyEntry(name);
      const before = entry.value;
      const topic = before
        ? changeTopic(before.topic, settings, now)
        : newTopic(name, settings, `t${nonce()}`, now);
      if (before && sameSettings(before.topic, topic)) {
        await restorePartitions(this.#context, this.#groups, before.topic);
        return { topic: before.topic, created: false };
      }
      const pastGates = before ? await pastGatesAfter(this.#context, before, topic) : [];
      const value: TopicEntry = { state: "syncing", topic, pastGates };
      if (!(await this.#replace(name, entry, value))) continue;
      await syncTopic(this.#context, this.#groups, { value, text: JSON.stringify(value) });
      this.#known.set(name, topic);
      this.#context.touched?.addAll(topic);
      return { topic, created: before === null };
    }
  }

  /** The topic as it is now. @throws TOPIC_NOT_FOUND */
  async get(name: string): Promise<Topic> {
    const seen = this.#known.get(name);
    const entry = (await this.#readyEntry(name)).value;
    if (entry === null) {
      this.#forget(name, seen);
      throw new TidegateError("TOPIC_NOT_FOUND", `There is no topic ${name}`, { topic: name });
    }
    this.#known.set(name, entry.topic);
    return entry.topic;
  }

  /**
   * The topic as this process last saw it. For calls whose script compares topicId or version, which then come back
   * through `refreshed`. @throws TOPIC_NOT_FOUND
   */
  async lookup(name: string): Promise<Topic> {
    return this.#known.get(name) ?? this.get(name);
  }

  /** What `lookup` would give without asking Redis. */
  known(name: string): Topic | undefined {
    return this.#known.get(name);
  }

  /** Runs a call with the topic as last seen, and once more with the topic as it is when the call says that it changed. */
  async refreshed<T>(name: string, call: (topic: Topic) => Promise<T>): Promise<T> {
    const cached = this.#known.get(name);
    if (cached) {
      try {
        return await call(cached);
      } catch (error) {
        // A partition may have been added since.
        const isUnknown = error instanceof TidegateError && error.code === "PARTITION_NOT_FOUND";
        if (!isStale(error) && !isUnknown) throw error;
      }
    }
    for (let attempt = 0; ; attempt += 1) {
      const topic = await this.get(name);
      try {
        return await call(topic);
      } catch (error) {
        if (!isStale(error) || attempt === 3) throw error;
        if ((error as TidegateError).code !== "TOPIC_NOT_FOUND") continue;
        if (attempt > 0) throw error;
        await this.restore(topic);
      }
    }
  }

  /** All topics, by name. What others deleted is forgotten then. */
  async list(): Promise<Topic[]> {
    const known = [...this.#known];
    const entries = await readEntries<TopicEntry>(this.#context, topicsKey(this.#context.space));
    for (const [name, seen] of known) if (!entries.has(name)) this.#forget(name, seen);
    const ready = [...entries.values()].filter(({ value }) => value?.state === "ready");
    return ready.map(({ value }) => value!.topic).sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /**
   * Makes the partitions again that a topic lacks, though it is there: a failover took them. To be called only when one
   * has said TOPIC_NOT_FOUND before the topic was asked for, or it may be one that is being deleted.
   */
  restore(topic: Topic): Promise<void> {
    return restorePartitions(this.#context, this.#groups, topic);
  }

  /**
   * Takes the registry past a version that a partition has. A master that took over may have lost the registry's last
   * change while the partitions, on other nodes, kept it: without this, nobody could append any more.
   */
  async raiseVersion(name: string, above: number): Promise<void> {
    const entry = await this.#readyEntry(name);
    if (entry.value === null || entry.value.topic.version >= above) return;
    const topic = { ...entry.value.topic, version: above + 1 };
    const value: TopicEntry = { ...entry.value, state: "syncing", topic };
    if (await this.#replace(name, entry, value)) {
      await syncTopic(this.#context, this.#groups, { value, text: JSON.stringify(value) });
    }
  }

  /**
   * The topic with the state of each partition and of its gate. A name of the form `<topic>.<group>.dlq` describes that
   * group's dead letters. @throws TOPIC_NOT_FOUND
   */
  async describe(name: string): Promise<TopicDescription> {
    const dead = parseDeadLetterTopic(name);
    if (dead) return describeDeadLetters(this.#context, await this.get(dead.topic), name, dead.group);
    return this.refreshed(name, async () => describeTopic(this.#context, await this.get(name)));
  }

  /** Where a topic's gate stands, null where it has none; `waiting` are the messages that its capacity counts. */
  gateState(topic: Topic, waiting: number): Promise<GateState | null> {
    return readGate(this.#context, topic, waiting);
  }

  /** Deletes a topic with its messages, groups and dead letters. @throws TOPIC_NOT_FOUND */
  async delete(name: string): Promise<void> {
    for (;;) {
      const seen = this.#known.get(name);
      const entry = await this.#readyEntry(name);
      if (entry.value === null) {
        this.#forget(name, seen);
        throw new TidegateError("TOPIC_NOT_FOUND", `There is no topic ${name}`, { topic: name });
      }
      const value: TopicEntry = { ...entry.value, state: "deleting" };
      if (!(await this.#replace(name, entry, value))) continue;
      await syncTopic(this.#context, this.#groups, { value, text: JSON.stringify(value) });
      if (seen === undefined) this.#known.set(name, entry.value.topic);
      this.#forget(name, seen ?? entry.value.topic);
      return;
    }
  }

  /** Forgets a topic as it was seen before it was found to be gone: what was made anew since is kept. */
  #forget(name: string, seen: Topic | undefined): void {
    if (this.#known.get(name) !== seen) return;
    this.#known.delete(name);
    for (const listener of this.#onGone) listener(name, seen);
  }

  /**
   * Gives the stock that a message took back to its gate, once; the key's own limit is not given back.
   * @throws TOPIC_NOT_FOUND, INVALID when the topic no longer knows that gate
   */
  async credit(name: string, place: CreditPlace): Promise<{ credited: boolean; admitted: number }> {
    requireInteger("stockUnits", place.stockUnits, 0, Number.MAX_SAFE_INTEGER);
    const entry = (await this.#readyEntry(name)).value;
    if (entry === null)
      throw new TidegateError("TOPIC_NOT_FOUND", `There is no topic ${name}`, { topic: name });
    const { topic, pastGates } = entry;
    if (topic.gate?.id !== place.gateId && !pastGates.includes(place.gateId)) {
      throw new TidegateError("INVALID", `The topic keeps no gate ${place.gateId}`, {
        field: "gateId",
        limit: limits.pastGates,
      });
    }
    const { gate, gateCredits } = gateKeys(this.#context.space, name, topic.placement, place.gateId);
    const field = `${place.partition}:${place.offset ?? `d${place.delayedId}`}`;
    const reply = await run(
      this.#context,
      creditStock,
      { gate, gateCredits },
      { place: field, units: place.stockUnits },
    );
    const [credited, admitted] = reply as [number, number];
    return { credited: credited === 1, admitted };
  }

  /** The registry's entry, once nothing of it is unfinished. */
  async #readyEntry(name: string): Promise<Entry<TopicEntry>> {
    if (parseDeadLetterTopic(name)) {
      throw new TidegateError("NOT_SUPPORTED", "A dead-letter log can be read and redriven, not changed", {
        topic: name,
      });
    }
    for (;;) {
      const entry = await readEntry<TopicEntry>(this.#context, topicsKey(this.#context.space), name);
      if (entry.value === null || entry.value.state === "ready") return entry;
      await syncTopic(this.#context, this.#groups, entry);
    }
  }

  #replace(name: string, entry: Entry<TopicEntry>, value: TopicEntry): Promise<boolean> {
    return replaceEntry(this.#context, topicsKey(this.#context.space), name, entry, value);
  }
}

function sameSettings(one: Topic, other: Topic): boolean {
  return JSON.stringify({ ...one, version: 0 }) === JSON.stringify({ ...other, version: 0 });
}

function isStale(error: unknown): boolean {
  return error instanceof TidegateError && (error.code === "TOPIC_NOT_FOUND" || error.code === "STALE_TOPIC");
}
