import { TidegateError } from "@tidegate/contracts";
import { type Context, nonce } from "../context.ts";
import {
  changeGroup,
  type Group,
  type GroupEntry,
  type GroupSettings,
  newGroup,
  requireGroupName,
  unlimited,
  usesLanes,
} from "../groups/group.ts";
import { groupsKey } from "../keys.ts";
import { type Entry, readEntries, readEntry, replaceEntry } from "../topics/registry.ts";
import type { Topic } from "../topics/topic.ts";
import type { Topics } from "../topics/topics.ts";
import { announcePush } from "./push-changes.ts";
import { configureLanesOf, refreshGroup, syncGroup, syncGroupPartition } from "./sync-group.ts";

/** Which groups a topic has; made, changed and deleted in steps that can be resumed. */
export class GroupRegistry {
  readonly #context: Context;
  readonly #topics: Topics;
  /** Topic -> group -> the group as last seen, and of which topic by that name. */
  readonly #known = new Map<string, Map<string, { topicId: string; group: Group }>>();
  readonly #onGone: ((topic: Topic, name: string) => void)[] = [];

  constructor(context: Context, topics: Topics) {
    this.#context = context;
    this.#topics = topics;
    topics.onGone((name) => this.#known.delete(name));
  }

  /** Tells a listener about each group that turned out not to be there; see `Topics.onGone`. */
  onGone(listener: (topic: Topic, name: string) => void): void {
    this.#onGone.push(listener);
  }

  /**
   * Creates a group or changes it; `change` gives the settings and more. What stands already is carried out again, for
   * a partition or the registry may have lost it to a failover. @throws TOPIC_NOT_FOUND, INVALID
   */
  async put(
    topicName: string,
    name: string,
    settings: GroupSettings,
    change: (group: Group) => Group | Promise<Group> = (group) => group,
  ): Promise<{ group: Group; created: boolean }> {
    requireGroupName(name);
    for (;;) {
      const topic = await this.#topics.get(topicName);
      const entry = await this.#readyEntry(topic, name);
      const before = entry.value?.group;
      const group = await change(
        before
          ? changeGroup(before, settings)
          : newGroup(topicName, name, settings, `g${nonce()}`, this.#context.now()),
      );
      if (before && sameSettings(before, group)) {
        const version = await refreshGroup(this.#context, topic, before);
        if (version <= before.version) return { group: before, created: false };
        await this.#raise(topic, name, entry, version);
        continue;
      }
      const value: GroupEntry = { state: "syncing", group };
      if (!(await replaceEntry(this.#context, groupsKey(this.#context.space, topicName), name, entry, value)))
        continue;
      await syncGroup(this.#context, topic, { value, text: JSON.stringify(value) });
      this.#remember(topic, group);
      this.#context.touched?.addAll(topic);
      if (group.push !== null || (before?.push ?? null) !== null) await announcePush(this.#context);
      if (before === undefined) return { group, created: true };
      const version = await refreshGroup(this.#context, topic, group);
      if (version <= group.version) return { group, created: false };
    }
  }

  /** The group as it is now. @throws GROUP_NOT_FOUND */
  async get(topic: Topic, name: string): Promise<Group> {
    requireGroupName(name);
    const { value } = await this.#readyEntry(topic, name);
    if (value === null) {
      this.#forget(topic, name);
      throw new TidegateError("GROUP_NOT_FOUND", `${topic.name} has no group ${name}`, {
        topic: topic.name,
        group: name,
      });
    }
    this.#remember(topic, value.group);
    return value.group;
  }

  /** All groups of a topic, by name. */
  async list(topic: Topic): Promise<Group[]> {
    const entries = await readEntries<GroupEntry>(this.#context, groupsKey(this.#context.space, topic.name));
    return [...entries.values()]
      .filter(({ value }) => value?.state === "ready")
      .map(({ value }) => ({ ...unlimited, ...value!.group }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Deletes a group with its dead letters. @throws GROUP_NOT_FOUND */
  async delete(topic: Topic, name: string): Promise<void> {
    for (;;) {
      const group = await this.get(topic, name);
      const entry = await this.#readyEntry(topic, name);
      if (entry.value?.group.groupId !== group.groupId) continue;
      const value: GroupEntry = { state: "deleting", group };
      const registry = groupsKey(this.#context.space, topic.name);
      if (!(await replaceEntry(this.#context, registry, name, entry, value))) continue;
      await syncGroup(this.#context, topic, { value, text: JSON.stringify(value) });
      this.#forget(topic, name);
      this.#context.touched?.addAll(topic);
      if (group.push !== null) await announcePush(this.#context);
      return;
    }
  }

  /**
   * Runs a call with the group as last seen; when a partition says that it has none (it was made anew, or the partition
   * came later), once more with the group as it is. `create` makes one that does not exist.
   */
  async run<T>(
    topicName: string,
    name: string,
    create: ((topic: Topic) => Promise<Group>) | null,
    call: (topic: Topic, group: Group) => Promise<T>,
  ): Promise<T> {
    requireGroupName(name);
    return this.#topics.refreshed(topicName, async (topic) => {
      const known = this.#known.get(topicName)?.get(name);
      const group = known?.topicId === topic.topicId ? known.group : await this.#find(topic, name, create);
      try {
        return await call(topic, group);
      } catch (error) {
        if (!(error instanceof TidegateError && error.code === "GROUP_NOT_FOUND")) throw error;
      }
      const fresh = await this.#find(topic, name, create);
      if (fresh.groupId === group.groupId) await this.#repair(topic, fresh);
      return call(topic, fresh);
    });
  }

  async #find(topic: Topic, name: string, create: ((topic: Topic) => Promise<Group>) | null): Promise<Group> {
    try {
      return await this.get(topic, name);
    } catch (error) {
      const missing = error instanceof TidegateError && error.code === "GROUP_NOT_FOUND";
      if (missing && create) return create(topic);
      throw error;
    }
  }

  /** A partition that was added while the group was made may lack it; it begins there with the first message. */
  async #repair(topic: Topic, group: Group): Promise<void> {
    await configureLanesOf(this.#context, topic, group, usesLanes(group));
    for (let partition = 0; partition < topic.partitions; partition += 1) {
      await syncGroupPartition(this.#context, topic, group, partition, "earliest");
    }
  }

  /** Takes the registry's entry past a version that a partition knows; what it says is then new to all. */
  async #raise(topic: Topic, name: string, entry: Entry<GroupEntry>, version: number): Promise<void> {
    const value: GroupEntry = { state: "syncing", group: { ...entry.value!.group, version: version + 1 } };
    const registry = groupsKey(this.#context.space, topic.name);
    if (await replaceEntry(this.#context, registry, name, entry, value))
      await syncGroup(this.#context, topic, { value, text: JSON.stringify(value) });
  }

  #remember(topic: Topic, group: Group): void {
    let groups = this.#known.get(topic.name);
    if (groups === undefined) {
      groups = new Map();
      this.#known.set(topic.name, groups);
    }
    const known = groups.get(group.name);
    if (known?.group.groupId === group.groupId && known.group.version === group.version) return;
    groups.set(group.name, { topicId: topic.topicId, group });
  }

  #forget(topic: Topic, name: string): void {
    this.#known.get(topic.name)?.delete(name);
    for (const listener of this.#onGone) listener(topic, name);
  }

  /** The registry's entry, once nothing of it is unfinished. */
  async #readyEntry(topic: Topic, name: string): Promise<Entry<GroupEntry>> {
    for (;;) {
      const entry = await readEntry<GroupEntry>(
        this.#context,
        groupsKey(this.#context.space, topic.name),
        name,
      );
      if (entry.value === null) return entry;
      const { state, group } = entry.value;
      if (state === "ready") return { ...entry, value: { state, group: { ...unlimited, ...group } } };
      await syncGroup(this.#context, topic, entry);
    }
  }
}

function sameSettings(one: Group, other: Group): boolean {
  return JSON.stringify({ ...one, version: 0 }) === JSON.stringify({ ...other, version: 0 });
}
