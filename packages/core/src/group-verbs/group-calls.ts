import { TidegateError } from "@tidegate/contracts";
import type { Context } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { partitionOfLease } from "../groups/lease.ts";
import type { Waiting } from "../groups/waiting.ts";
import { requirePartition } from "../read/read-log.ts";
import type { Topic } from "../topics/topic.ts";
import type { Topics } from "../topics/topics.ts";
import type { GroupRegistry } from "./group-registry.ts";

/** How every verb comes to its group: as this process knows it, and again as it is when it turns out to have changed. */
export class GroupCalls {
  readonly context: Context;
  readonly topics: Topics;
  readonly registry: GroupRegistry;
  readonly waiting: Waiting;

  constructor(context: Context, topics: Topics, registry: GroupRegistry, waiting: Waiting) {
    this.context = context;
    this.topics = topics;
    this.registry = registry;
    this.waiting = waiting;
  }

  /** The group as it is now. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND */
  async get(topic: string, name: string): Promise<Group> {
    return this.registry.get(await this.topics.get(topic), name);
  }

  /** Runs a call with a group; `create` makes one with defaults where there is none. See `GroupRegistry.run`. */
  run<T>(
    topic: string,
    name: string,
    call: (topic: Topic, group: Group) => Promise<T>,
    create = false,
  ): Promise<T> {
    return this.registry.run(topic, name, create ? (found) => this.#createDefault(found, name) : null, call);
  }

  /** The same with the group as it is now: what others changed of it meanwhile is known to the call. */
  async runAfresh<T>(
    topic: string,
    name: string,
    call: (topic: Topic, group: Group) => Promise<T>,
  ): Promise<T> {
    await this.get(topic, name);
    return this.run(topic, name, call);
  }

  /** Runs a call for a lease of a group: what a partition that the topic does not have leased is lost. */
  async runForLease<T>(
    topic: string,
    name: string,
    leaseId: string,
    call: (topic: Topic, group: Group) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.run(topic, name, (found, group) => {
        requirePartition(found, partitionOfLease(leaseId));
        return call(found, group);
      });
    } catch (error) {
      if (!(error instanceof TidegateError && error.code === "PARTITION_NOT_FOUND")) throw error;
      throw new TidegateError("LEASE_LOST", "No lease has this id", { field: "lease" });
    }
  }

  /** Heeds what an answer tells besides: Redis's clock, and that the topic has changed. */
  async noteSeen(topic: Topic, seen: { now: number; topicVersion: number }): Promise<void> {
    this.waiting.noteClock(seen.now);
    const known = this.topics.known(topic.name)?.version ?? 0;
    if (seen.topicVersion !== known) await this.topics.get(topic.name);
  }

  async #createDefault(topic: Topic, name: string): Promise<Group> {
    if (topic.retention.policy === "queue") {
      throw new TidegateError("GROUP_NOT_FOUND", `${topic.name} has no group ${name}`, {
        topic: topic.name,
        group: name,
      });
    }
    return (await this.registry.put(topic.name, name, {})).group;
  }
}
