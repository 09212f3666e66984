import { type Context, run } from "../context.ts";
import { appendUnits } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import type { Topics } from "../topics/topics.ts";
import { type Acks, acksLevels, type Confirmation } from "./confirmation.ts";
import { findFormerRepeats, mayHaveFormerRepeats } from "./former-repeats.ts";
import { checkMessages, type OutgoingMessage } from "./message.ts";
import { type AppendOutcome, Parcel } from "./parcel.ts";
import { PartitionAppender, servesSameUnits } from "./partition-appender.ts";
import { choosePartition } from "./partitioner.ts";
import { TopicAppenders, type Visit } from "./topic-appenders.ts";

/** Messages that were handed to the appenders of their partitions. */
export interface Handed {
  readonly topic: Topic;
  readonly parcels: Parcel[];
  /** Ends when their outcomes are there, or others have taken them over. */
  readonly visit: Visit;
  /** When the call came: what its time counts from. */
  readonly since: number;
}

/** Hands messages to the appenders of their partitions, in the order in which calls come. */
export class Handing {
  readonly #context: Context;
  readonly #topics: Topics;
  readonly #confirmation: Confirmation;
  /** By level of acks and topic. */
  readonly #byTopic = new Map<string, TopicAppenders>();
  /** By topic, the last call that has not handed its messages over yet: later ones wait for it, so that order is kept. */
  readonly #unhanded = new Map<string, Promise<void>>();

  constructor(context: Context, topics: Topics, confirmation: Confirmation) {
    this.#context = context;
    this.#topics = topics;
    this.#confirmation = confirmation;
    // What is still under way there has its answer coming: the topic is gone.
    topics.onGone((name) => {
      for (const acks of acksLevels) this.#byTopic.delete(`${acks} ${name}`);
    });
  }

  /** Null when Redis must be asked something first, and while an earlier call to the topic is asking. */
  atOnce(
    name: string,
    messages: readonly OutgoingMessage[],
    indexes: readonly number[],
    outcomes: AppendOutcome[],
    acks: Acks,
  ): Handed | null {
    const topic = this.#topics.known(name);
    if (topic === undefined || this.#unhanded.has(name)) return null;
    if (!this.#appendersOf(topic, acks).isFirst) return null;
    if (mayHaveFormerRepeats(this.#context, topic, messages)) return null;
    try {
      checkMessages(messages, indexes, topic);
    } catch {
      return null;
    }
    return this.#hand(topic, messages, indexes, outcomes, acks, Date.now());
  }

  /** Asks what must be known of the topic; hands the messages over when the calls before this one have done so. */
  async inTurn(
    name: string,
    messages: readonly OutgoingMessage[],
    indexes: number[],
    outcomes: AppendOutcome[],
    acks: Acks,
  ): Promise<Handed> {
    const since = Date.now();
    const before = this.#unhanded.get(name);
    const { promise: handed, resolve } = Promise.withResolvers<void>();
    this.#unhanded.set(name, handed);
    try {
      const asked = this.#askFirst(name, messages, indexes, outcomes);
      asked.catch(() => {});
      // Also when this one fails: those behind it wait for it alone.
      await before;
      const { topic, former } = await asked;
      await this.#appendersOf(topic, acks).first();
      return this.#hand(topic, messages, former, outcomes, acks, since);
    } finally {
      if (this.#unhanded.get(name) === handed) this.#unhanded.delete(name);
      resolve();
    }
  }

  /**
   * Hands messages on for which the topic had changed, to those who append to it as it is now; the call is done with the
   * appenders of before. A call that came before may learn of the change later, when its other partitions have answered.
   */
  async again(
    { visit, since }: Handed,
    topic: Topic,
    messages: readonly OutgoingMessage[],
    indexes: readonly number[],
    outcomes: AppendOutcome[],
    acks: Acks,
  ): Promise<Handed> {
    await visit.appenders.ahead(visit);
    await this.#appendersOf(topic, acks).clearedSince(visit.appenders);
    const handed = this.#hand(topic, messages, indexes, outcomes, acks, since);
    visit.leave();
    return handed;
  }

  /** The topic that the messages are fit for, and those of them that a former partition does not know. */
  async #askFirst(
    name: string,
    messages: readonly OutgoingMessage[],
    indexes: number[],
    outcomes: AppendOutcome[],
  ): Promise<{ topic: Topic; former: number[] }> {
    let topic = this.#topics.known(name) ?? (await this.#topics.get(name));
    try {
      checkMessages(messages, indexes, topic);
    } catch {
      // What is known of the topic may be old: it may have grown, or its limit may have been raised.
      topic = await this.#topics.get(name);
      checkMessages(messages, indexes, topic);
    }
    return { topic, former: await findFormerRepeats(this.#context, topic, messages, indexes, outcomes) };
  }

  /** Hands the messages to the appenders of their partitions. Runs without a pause, so that order is kept. */
  #hand(
    topic: Topic,
    messages: readonly OutgoingMessage[],
    indexes: readonly number[],
    outcomes: AppendOutcome[],
    acks: Acks,
    since: number,
  ): Handed {
    const own = this.#appendersOf(topic, acks);
    const visit = own.enter();
    const parcels = new Map<number, Parcel>();
    const now = this.#context.now();
    for (const index of indexes) {
      const message = messages[index]!;
      const partition = choosePartition(message, topic.partitions, own.sticky);
      let parcel = parcels.get(partition);
      if (parcel === undefined) {
        parcel = new Parcel(outcomes);
        parcels.set(partition, parcel);
      }
      this.#appenderOf(own, partition, acks).add(parcel, index, message, now, since);
    }
    const list = [...parcels.values()];
    for (const parcel of list) parcel.seal();
    return { topic, parcels: list, visit, since };
  }

  #appendersOf(topic: Topic, acks: Acks): TopicAppenders {
    const name = `${acks} ${topic.name}`;
    const known = this.#byTopic.get(name);
    if (known && servesSameUnits(known.topic, topic)) {
      known.topic = topic;
      return known;
    }
    const own = new TopicAppenders(topic, this.#context.batchBytes, known ?? null);
    this.#byTopic.set(name, own);
    return own;
  }

  #appenderOf(own: TopicAppenders, partition: number, acks: Acks): PartitionAppender {
    const known = own.partitions[partition];
    if (known) return known;
    const appender = new PartitionAppender(
      this.#context,
      own.topic,
      partition,
      async (call, timeoutMs) => {
        const reply =
          acks === "leader"
            ? run(this.#context, appendUnits, call.keys, call.args, call.rest, timeoutMs)
            : this.#confirmation.append(call, acks, timeoutMs);
        return String(await reply);
      },
      async (above) => {
        if (above !== null) await this.#topics.raiseVersion(own.topic.name, above);
        return this.#topics.get(own.topic.name);
      },
      own.sticky,
    );
    own.partitions[partition] = appender;
    return appender;
  }
}
