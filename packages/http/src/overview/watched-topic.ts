import { TidegateError, type TopicDescription } from "@tidegate/contracts";
import type { Engine, Group, GroupDescription, Topic } from "@tidegate/core";
import { showTopic } from "../routes/topics.ts";

/** How often settings are read again. */
const settingsEveryMs = 5_000;

/** What figures do not tell of a group: read from all of its partitions, whenever there is room for that. */
interface Holders {
  readonly at: number;
  readonly heldUntil: number | null;
  readonly leases: ReadonlyMap<number, GroupDescription["partitions"][number]["leases"]>;
}

/** How a watched topic stands: the event `topic`, without its history. */
export interface SeenTopic {
  readonly at: number;
  readonly topic: Readonly<TopicDescription> | null;
  readonly groups: readonly GroupDescription[];
}

/** A topic that some page has on screen, as it was last read. */
export class WatchedTopic {
  readonly name: string;
  readonly #engine: Engine;
  #topic: Topic | null = null;
  #groups: readonly Group[] = [];
  #settingsAt = 0;
  readonly #holders = new Map<string, Holders>();
  /** When it was last read. */
  readAt = 0;

  constructor(engine: Engine, name: string) {
    this.#engine = engine;
    this.name = name;
  }

  /** What `read` costs now, in commands. */
  get cost(): number {
    return Date.now() - this.#settingsAt >= settingsEveryMs ? 5 : 2;
  }

  /** How it stands. @throws REDIS_UNAVAILABLE */
  async read(): Promise<SeenTopic> {
    const { figures, topics, groups } = this.#engine;
    this.readAt = Date.now();
    const at = this.#engine.now();
    try {
      if (this.readAt - this.#settingsAt >= settingsEveryMs) {
        this.#topic = await topics.get(this.name);
        this.#groups = await groups.list(this.name);
        this.#settingsAt = this.readAt;
      }
    } catch (error) {
      if (!(error instanceof TidegateError && error.code === "TOPIC_NOT_FOUND")) throw error;
      this.#topic = null;
    }
    if (this.#topic === null) return { at, topic: null, groups: [] };
    const described = await figures.describe(this.#topic, this.#groups);
    const delayed = described.partitionStates.reduce((sum, state) => sum + state.delayed, 0);
    const waiting = Math.max(0, ...described.groups.map(({ lag }) => lag)) + delayed;
    const gateState = await topics.gateState(this.#topic, waiting);
    const partitionStates = [...described.partitionStates];
    return {
      at,
      topic: { ...showTopic(this.#topic), partitionStates, gateState },
      groups: described.groups.map((group) => this.#withHolders(group)),
    };
  }

  /** The group whose holders were read longest ago, and what reading them costs; null when there is none. */
  get stalest(): { group: string; cost: number; readAt: number } | null {
    let stalest: { group: string; cost: number; readAt: number } | null = null;
    for (const { name } of this.#groups) {
      const readAt = this.#holders.get(name)?.at ?? 0;
      const cost = (this.#topic?.partitions ?? 0) + 2;
      if (stalest === null || readAt < stalest.readAt) stalest = { group: name, cost, readAt };
    }
    return stalest;
  }

  /** Reads who holds leases of a group. A group that is gone has none. */
  async readHolders(group: string): Promise<void> {
    const at = Date.now();
    const described = await this.#engine.groups.describe(this.name, group).catch(() => null);
    const leases = described?.partitions.map(({ partition, leases }) => [partition, leases] as const);
    this.#holders.set(group, { at, heldUntil: described?.heldUntil ?? null, leases: new Map(leases) });
  }

  #withHolders(group: GroupDescription): GroupDescription {
    const holders = this.#holders.get(group.name);
    if (holders === undefined) return group;
    const partitions = group.partitions.map((partition) => {
      return { ...partition, leases: holders.leases.get(partition.partition) ?? [] };
    });
    return { ...group, heldUntil: holders.heldUntil, partitions };
  }
}
