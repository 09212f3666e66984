import { TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import type { GroupRegistry } from "../group-verbs/group-registry.ts";
import { type Group, usesLanes } from "../groups/group.ts";
import { groupCall } from "../groups/group-call.ts";
import { figureKeys } from "../keys.ts";
import { describeGroupLanes, type LanesInPartition } from "../lanes/describe-lanes.ts";
import { noteFigures, readFigures } from "../redis/scripts.gen.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Touched } from "./touched.ts";

const everyMs = 1_000;
/** What one round may cost Redis: partitions that are read, topics, and partitions that are summed up. */
const partitionsARound = 128;
const topicsARound = 32;
const summedARound = 1_024;
/** A group that was made or deleted by another process is noticed by then. */
const groupsKeptMs = 3_000;
/** How long stopping waits for what is still to be noted. */
const lastRoundMs = 1_000;
const noLanes = { parked: 0, inFlight: 0, retrying: 0, deadLettered: 0, acked: 0, expired: 0 };

/** What `read-figures` tells of a group. */
const wordsOfGroup = 8;
type Eight = [number, number, number, number, number, number, number, number];

/**
 * Reads where partitions stand that this process has touched, once they were, and keeps it for `Figures`. Off the delivery path:
 * that only notes which partition it was. Its cost a second is bounded, so where more is touched, figures are older.
 */
export class FigureKeeper {
  readonly #context: Context;
  readonly #registry: GroupRegistry;
  readonly #touched: Touched;
  readonly #groups = new Map<string, { groups: Group[]; until: number }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round: Promise<void> | null = null;
  #stopped = false;

  constructor(context: Context, registry: GroupRegistry, touched: Touched) {
    this.#context = context;
    this.#registry = registry;
    this.#touched = touched;
    touched.onFirst(() => this.#schedule());
  }

  /** Notes what is still to be noted, as far as Redis answers soon. Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    const last = (this.#round ?? Promise.resolve()).then(() => this.keep());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, lastRoundMs);
    });
    await Promise.race([last.catch(() => {}), late]);
    clearTimeout(timer);
  }

  /** One bounded round. */
  async keep(): Promise<void> {
    let partitions = partitionsARound;
    let summed = summedARound;
    for (let topics = topicsARound; topics > 0 && partitions > 0 && summed > 0; topics -= 1) {
      const taken = this.#touched.take(partitions);
      if (taken === null) return;
      partitions -= taken.partitions.length;
      summed -= taken.topic.partitions;
      try {
        if (taken.regrouped) this.#groups.delete(taken.topic.topicId);
        await this.#keepTopic(taken.topic, taken.partitions);
      } catch (error) {
        // A topic that is gone has none; who makes it anew touches it.
        if (error instanceof TidegateError && error.code === "TOPIC_NOT_FOUND") continue;
        for (const partition of taken.partitions) this.#touched.add(taken.topic, partition);
        return;
      }
    }
  }

  #schedule(): void {
    if (this.#stopped || this.#round !== null) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#round = this.keep().finally(() => {
        this.#round = null;
        if (!this.#touched.isEmpty) this.#schedule();
      });
    }, everyMs);
    // A process that has nothing else to do need not stay for it.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  async #keepTopic(topic: Topic, partitions: readonly number[]): Promise<void> {
    const groups = await this.#groupsOf(topic);
    const lanes = await Promise.all(
      groups.map((group) => (usesLanes(group) ? describeGroupLanes(this.#context, topic, group, 0) : null)),
    );
    const records = await Promise.all(
      partitions.map(async (partition) => {
        const ofGroups = lanes.map((described) => described?.partitions.get(partition));
        return [partition, await this.#read(topic, partition, groups, ofGroups)];
      }),
    );
    const names = groups.map(({ name }) => name).join(" ");
    await run(
      this.#context,
      noteFigures,
      figureKeys(this.#context.space),
      { topic: topic.name, topicId: topic.topicId, partitionCount: topic.partitions, groupNames: names },
      { args: records.flat() },
    );
  }

  /** Where a partition stands, in the words that `note-figures` keeps. */
  async #read(
    topic: Topic,
    partition: number,
    groups: readonly Group[],
    lanes: readonly (LanesInPartition | undefined)[],
  ): Promise<string> {
    const { meta, marks } = keysOf(this.#context.space, topic, partition);
    const calls = groups.map((group) => groupCall(this.#context, topic, group, partition));
    const reply = (await run(
      this.#context,
      readFigures,
      { meta, marks },
      { topicId: topic.topicId },
      {
        keys: calls.flatMap(({ keys }) => [keys.state, keys.outstanding]),
        args: calls.flatMap(({ args }, index) => [
          args.groupId,
          lanes[index]?.filed ?? "",
          lanes[index]?.committed ?? "",
        ]),
      },
    )) as number[];
    const [end, messages, bytes, delayed] = reply as [number, number, number, number];
    const words: (string | number)[] = [topic.topicId, end, messages, bytes, delayed];
    for (const [index, group] of groups.entries()) {
      const figures = reply.slice(4 + wordsOfGroup * index, 4 + wordsOfGroup * (index + 1));
      const [next, inFlight, retrying, deadLettered, oldest, committed, acked, expired] = figures as Eight;
      if (next < 0) continue;
      const inLanes = lanes[index] ?? noLanes;
      const flying = inFlight + inLanes.inFlight;
      const waiting = retrying + inLanes.retrying;
      const lag = end - next + inLanes.parked + flying + waiting;
      words.push(group.name, lag, flying, waiting, deadLettered + inLanes.deadLettered, oldest);
      words.push(next, committed, acked + inLanes.acked, expired + inLanes.expired);
    }
    return words.join(" ");
  }

  async #groupsOf(topic: Topic): Promise<Group[]> {
    const now = Date.now();
    const known = this.#groups.get(topic.topicId);
    if (known !== undefined && now < known.until) return known.groups;
    for (const [id, { until }] of this.#groups) if (until <= now) this.#groups.delete(id);
    const groups = await this.#registry.list(topic);
    this.#groups.set(topic.topicId, { groups, until: now + groupsKeptMs });
    return groups;
  }
}
