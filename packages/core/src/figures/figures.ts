import { type Context, run, send } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { figureKeys } from "../keys.ts";
import { forgetFigures } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import { describeFigures, type TopicInFigures } from "./describe-figures.ts";

/** Where all topics stood about a second ago. */
export interface Overview {
  /** When it was read, in ms by Redis's clock. */
  readonly at: number;
  /** By name. */
  readonly topics: readonly TopicFigures[];
}

/** A topic, summed up over its partitions. */
export interface TopicFigures {
  readonly name: string;
  readonly partitions: number;
  /** Sum of the end offsets: it grows by as many messages as are published. */
  readonly end: number;
  /** Messages that the log has. */
  readonly messages: number;
  /** Bytes of their record batches. */
  readonly bytes: number;
  readonly delayed: number;
  /** By name. */
  readonly groups: readonly GroupFigures[];
}

/** A group, summed up over the partitions of its topic. */
export interface GroupFigures {
  readonly name: string;
  /** Messages that it has not ended, those in flight included. */
  readonly lag: number;
  readonly inFlight: number;
  readonly retrying: number;
  readonly deadLettered: number;
  /** When the oldest message that it has not ended was appended, in ms; null when there is none. */
  readonly oldestAt: number | null;
}

/** As `note-figures` writes it. */
interface Sum extends Omit<TopicFigures, "name" | "groups"> {
  readonly id: string;
  /** Lua writes an empty list as an object. */
  readonly groups: readonly (Omit<GroupFigures, "oldestAt"> & { readonly oldestAt: number })[] | object;
}

/**
 * The figures of all topics, which the processes that append and settle keep beside them: what moves is about a second old, more
 * where a process moves more partitions than it reads a second; what a process changed that keeps none (an isolate at the edge) or died, a minute.
 */
export class Figures {
  readonly #context: Context;
  readonly #now: () => number;

  constructor(context: Context, now: () => number) {
    this.#context = context;
    this.#now = now;
  }

  /** One command, whatever the number of partitions: O(topics + groups). @throws REDIS_UNAVAILABLE */
  async read(): Promise<Overview> {
    const topics: TopicFigures[] = [];
    for (const [name, { id: _id, groups, ...figures }] of await this.#sums()) {
      const listed = Array.isArray(groups) ? (groups as GroupFigures[]) : [];
      topics.push({
        name,
        ...figures,
        groups: listed.map((group) => {
          const oldestAt = group.lag === 0 || group.oldestAt! < 0 ? null : group.oldestAt;
          return { ...group, oldestAt };
        }),
      });
    }
    topics.sort((one, other) => (one.name < other.name ? -1 : 1));
    return { at: this.#now(), topics };
  }

  /**
   * A topic and these groups of it partition by partition, without who holds leases: one command, O(partitions x groups). A partition that was
   * not noted yet counts as empty. @throws REDIS_UNAVAILABLE
   */
  async describe(topic: Topic, groups: readonly Group[]): Promise<TopicInFigures> {
    const { partitions } = figureKeys(this.#context.space);
    const fields = Array.from({ length: topic.partitions }, (_, partition) => `${topic.name}/${partition}`);
    const reply = (await send(this.#context, "HMGET", partitions, ...fields)) as (Buffer | null)[];
    return describeFigures(
      topic,
      groups,
      reply.map((record) => record?.toString() ?? ""),
    );
  }

  /** Forgets a topic that is gone, but not one that was made anew under its name. */
  async forget(topic: string, topicId: string | null): Promise<void> {
    const keys = figureKeys(this.#context.space);
    await run(this.#context, forgetFigures, keys, { topic, topicId: topicId ?? "" });
  }

  /** Forgets all but these topics. */
  async forgetOthers(topics: readonly string[]): Promise<void> {
    const kept = new Set(topics);
    for (const [name, { id }] of await this.#sums()) if (!kept.has(name)) await this.forget(name, id);
  }

  async #sums(): Promise<[string, Sum][]> {
    const reply = (await send(this.#context, "HGETALL", figureKeys(this.#context.space).sums)) as Buffer[];
    const sums: [string, Sum][] = [];
    for (let index = 0; index < reply.length; index += 2)
      sums.push([reply[index]!.toString(), JSON.parse(reply[index + 1]!.toString()) as Sum]);
    return sums;
  }
}
