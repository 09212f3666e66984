import { TidegateError } from "@tidegate/contracts";
import { type Context, send } from "../context.ts";
import type { GroupRegistry } from "../group-verbs/group-registry.ts";
import type { Group } from "../groups/group.ts";
import { topicIdsKey } from "../keys.ts";
import type { Topic } from "../topics/topic.ts";
import type { TopicCache, Topics } from "../topics/topics.ts";

/** The topic of a ticket, and the group that it speaks of; null while the topic has none. */
export interface TicketSubject {
  readonly topic: Topic;
  readonly group: Group | null;
}

interface Entry {
  /** Null: there is no such topic. */
  readonly subject: TicketSubject | null;
  /** By this process's clock: until when it is taken for true. */
  until: number;
}

/** How long a topic's choice of group is taken for true: so late is a change of it seen. */
const freshMs = 5_000;
/** The same while there is no group: one may come at any time. */
const groupAwaitedMs = 250;
const maximumEntries = 10_000;

/** Entries by the topics that they stand beside: the engines of an isolate share both. */
const entriesOf = new WeakMap<TopicCache, Map<string, Entry>>();

/** Finds what a ticket is about by the topic's id, without asking Redis most of the time. */
export class TicketDirectory {
  readonly #context: Context;
  readonly #topics: Topics;
  readonly #registry: GroupRegistry;
  readonly #entries: Map<string, Entry>;
  readonly #asking = new Map<string, Promise<Entry>>();

  constructor(context: Context, topics: Topics, registry: GroupRegistry, cache: TopicCache) {
    this.#context = context;
    this.#topics = topics;
    this.#registry = registry;
    this.#entries = entriesOf.get(cache) ?? new Map();
    entriesOf.set(cache, this.#entries);
  }

  /** @throws TOPIC_NOT_FOUND when no topic has this id, or no longer */
  async find(topicId: string): Promise<TicketSubject> {
    let entry = this.#entries.get(topicId);
    if (entry === undefined) entry = await this.#ask(topicId);
    else if (entry.until <= Date.now()) {
      // The others go on with what is known meanwhile.
      entry.until = Date.now() + freshMs;
      entry = await this.#ask(topicId);
    }
    if (entry.subject === null)
      throw new TidegateError("TOPIC_NOT_FOUND", "The ticket's topic does not exist");
    return entry.subject;
  }

  /** A script knew better. */
  forget(topicId: string): void {
    this.#entries.delete(topicId);
  }

  async #ask(topicId: string): Promise<Entry> {
    let asking = this.#asking.get(topicId);
    if (asking === undefined) {
      asking = this.#read(topicId).finally(() => this.#asking.delete(topicId));
      this.#asking.set(topicId, asking);
    }
    return asking;
  }

  async #read(topicId: string): Promise<Entry> {
    const subject = await this.#readSubject(topicId);
    const entry = { subject, until: Date.now() + (subject?.group === null ? groupAwaitedMs : freshMs) };
    if (this.#entries.size >= maximumEntries) this.#entries.clear();
    this.#entries.set(topicId, entry);
    return entry;
  }

  async #readSubject(topicId: string): Promise<TicketSubject | null> {
    const topic = await this.#readTopic(topicId);
    return topic === null ? null : { topic, group: await this.#readGroup(topic) };
  }

  async #readTopic(topicId: string): Promise<Topic | null> {
    const known = this.#entries.get(topicId)?.subject?.topic.name;
    const name =
      known ?? (await send(this.#context, "HGET", topicIdsKey(this.#context.space), topicId))?.toString();
    if (name === undefined) {
      // Made before ids were registered.
      return (await this.#topics.list()).find((topic) => topic.topicId === topicId) ?? null;
    }
    const topic = await this.#topics.get(name).catch(nullIf("TOPIC_NOT_FOUND"));
    return topic?.topicId === topicId ? topic : null;
  }

  async #readGroup(topic: Topic): Promise<Group | null> {
    const { ticketGroup } = topic;
    if (ticketGroup) return this.#registry.get(topic, ticketGroup).catch(nullIf("GROUP_NOT_FOUND"));
    const groups = await this.#registry.list(topic);
    return groups.reduce<Group | null>(
      (oldest, group) => (oldest === null || group.createdAt < oldest.createdAt ? group : oldest),
      null,
    );
  }
}

function nullIf(code: TidegateError["code"]): (error: unknown) => null {
  return (error) => {
    if (error instanceof TidegateError && error.code === code) return null;
    throw error;
  };
}
