import { limits, TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { appendUnits } from "../redis/scripts.gen.ts";
import { requireOneOf } from "../require.ts";
import type { Topic } from "../topics/topic.ts";
import type { Topics } from "../topics/topics.ts";
import { type Acks, Confirmation } from "./confirmation.ts";
import { findFormerRepeats, mayHaveFormerRepeats } from "./former-repeats.ts";
import { checkMessage, type OutgoingMessage } from "./message.ts";
import { type AppendOutcome, type Backlog, Parcel } from "./parcel.ts";
import { PartitionAppender, servesSameUnits } from "./partition-appender.ts";
import { partitionOfIdempotencyKey, partitionOfKey, type StickyPartitioner } from "./partitioner.ts";
import { TopicAppenders, type Visit } from "./topic-appenders.ts";

/** What became of an append call: an outcome for each message, in order. */
export interface AppendResult {
  /** The topic as it was when the messages were appended. */
  readonly topic: Topic;
  readonly outcomes: AppendOutcome[];
  readonly backlog: Backlog;
}

const acksLevels = ["leader", "replicas", "fsync"] as const;

/** Messages that were handed to the appenders of their partitions. */
interface Handed {
  readonly topic: Topic;
  readonly parcels: Parcel[];
  /** Ends when their outcomes are there, or others have taken them over. */
  readonly visit: Visit;
}

/** Appends messages: checks them, chooses their partitions, and gathers those of concurrent callers. */
export class Appenders {
  readonly #context: Context;
  readonly #topics: Topics;
  readonly #byTopic = new Map<string, TopicAppenders>();
  readonly #confirmation: Confirmation;
  /** Bytes of the calls that are under way. */
  #queuedBytes = 0;
  readonly #underWay = new Set<Promise<unknown>>();
  /** By topic, the last call that has not handed its messages over yet: later ones wait for it, so that order is kept. */
  readonly #unhanded = new Map<string, Promise<void>>();

  constructor(context: Context, topics: Topics) {
    this.#context = context;
    this.#topics = topics;
    // What is still under way there has its answer coming: the topic is gone.
    topics.onGone((name) => {
      for (const acks of acksLevels) this.#byTopic.delete(`${acks} ${name}`);
    });
    this.#confirmation = new Confirmation(context);
  }

  /**
   * Appends messages and answers for each, in order. Messages to one partition keep their order.
   * @throws TOPIC_NOT_FOUND; INVALID, MESSAGE_TOO_LARGE or PARTITION_NOT_FOUND when a message is not fit (nothing is
   *   appended then); ACKS_UNSUPPORTED; REDIS_UNAVAILABLE, OVERLOADED or NOT_REPLICATED when that befell every message
   */
  async append(
    name: string,
    messages: readonly OutgoingMessage[],
    acks: Acks = "leader",
  ): Promise<AppendResult> {
    requireOneOf("acks", acks, acksLevels);
    if (this.#queuedBytes > this.#context.queuedBytes) {
      throw new TidegateError("OVERLOADED", "Appends come faster than Redis takes them", {
        limit: this.#context.queuedBytes,
        retryAfterMs: 100,
      });
    }
    const bytes = bytesOf(messages);
    this.#queuedBytes += bytes;
    const call =
      acks === "leader" ? this.#append(name, messages, acks) : this.#confirmAndAppend(name, messages, acks);
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
      this.#queuedBytes -= bytes;
    }
  }

  async #confirmAndAppend(
    name: string,
    messages: readonly OutgoingMessage[],
    acks: Acks,
  ): Promise<AppendResult> {
    if (acks !== "leader") await this.#confirmation.require(acks);
    return this.#append(name, messages, acks);
  }

  /** Waits for the calls that are under way. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
    this.#confirmation.stop();
  }

  async #append(name: string, messages: readonly OutgoingMessage[], acks: Acks): Promise<AppendResult> {
    const outcomes = new Array<AppendOutcome>(messages.length);
    let indexes = messages.map((_, index) => index);
    let handed =
      this.#handAtOnce(name, messages, indexes, outcomes, acks) ??
      (await this.#handInTurn(name, messages, indexes, outcomes, acks));
    try {
      for (let attempt = 0; ; attempt += 1) {
        for (const parcel of handed.parcels) await parcel.done;
        const stale = handed.parcels.filter((parcel) => parcel.stale !== null);
        if (stale.length === 0) {
          throwCommonFailure(outcomes);
          return { topic: handed.topic, outcomes, backlog: sumBacklog(handed.parcels) };
        }
        const error = stale[0]!.stale!;
        if (attempt === limits.staleRetries) throw error;
        indexes = stale
          .flatMap((parcel) => parcel.indexes.filter((index) => outcomes[index] === undefined))
          .sort((one, other) => one - other);
        if (attempt > 0) await this.#topics.raiseVersion(name, Number(error.details.partitionVersion ?? 0));
        const topic = await this.#topics.get(name);
        if (error.code === "TOPIC_NOT_FOUND" && topic.topicId === handed.topic.topicId)
          await this.#topics.restore(topic);
        checkMessages(messages, indexes, topic);
        const former = await findFormerRepeats(this.#context, topic, messages, indexes, outcomes);
        const { visit } = handed;
        // A call that came before may learn of the change later, when its other partitions have answered.
        await visit.appenders.ahead(visit);
        await this.#appendersOf(topic, acks).clearedSince(visit.appenders);
        handed = this.#hand(topic, messages, former, outcomes, acks);
        visit.leave();
      }
    } finally {
      handed.visit.leave();
    }
  }

  /** Null when Redis must be asked something first, and while an earlier call to the topic is asking. */
  #handAtOnce(
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
    return this.#hand(topic, messages, indexes, outcomes, acks);
  }

  /** Asks what must be known of the topic; hands the messages over when the calls before this one have done so. */
  async #handInTurn(
    name: string,
    messages: readonly OutgoingMessage[],
    indexes: number[],
    outcomes: AppendOutcome[],
    acks: Acks,
  ): Promise<Handed> {
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
      return this.#hand(topic, messages, former, outcomes, acks);
    } finally {
      if (this.#unhanded.get(name) === handed) this.#unhanded.delete(name);
      resolve();
    }
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
      this.#appenderOf(own, partition, acks).add(parcel, index, message, now);
    }
    const list = [...parcels.values()];
    for (const parcel of list) parcel.seal();
    return { topic, parcels: list, visit };
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

function checkMessages(messages: readonly OutgoingMessage[], indexes: readonly number[], topic: Topic): void {
  for (const index of indexes) checkMessage(messages[index]!, index, topic.maxMessageBytes, topic.partitions);
}

function bytesOf(messages: readonly OutgoingMessage[]): number {
  let bytes = 0;
  for (const { value } of messages) bytes += 100 + (value?.length ?? 0);
  return bytes;
}

function choosePartition(message: OutgoingMessage, partitions: number, sticky: StickyPartitioner): number {
  if (message.partition !== undefined) return message.partition;
  if (message.key) return partitionOfKey(message.key, partitions);
  if (message.idempotencyKey !== undefined)
    return partitionOfIdempotencyKey(message.idempotencyKey, partitions);
  return sticky.choose((message.value?.length ?? 0) + 16, partitions);
}

/** What befell the whole call, and not for a reason of its messages, is thrown. */
function throwCommonFailure(outcomes: readonly AppendOutcome[]): void {
  const first = outcomes[0];
  if (first?.status !== "refused") return;
  const common = ["REDIS_UNAVAILABLE", "OVERLOADED", "NOT_REPLICATED", "INTERNAL"];
  if (!common.includes(first.error.code)) return;
  const errors = outcomes.map((outcome) => (outcome.status === "refused" ? outcome.error : null));
  const allOf = (codes: readonly string[]) =>
    errors.every((error) => error !== null && codes.includes(error.code));
  if (allOf([first.error.code])) throw first.error;
  // Some had no answer and some were not sent: of the whole, all is open.
  if (allOf(["REDIS_UNAVAILABLE", "OVERLOADED"]))
    throw errors.find((error) => error?.code === "REDIS_UNAVAILABLE");
}

function sumBacklog(parcels: readonly Parcel[]): Backlog {
  let messages = 0;
  let oldestMs = 0;
  let etaMs: number | null = 0;
  for (const { backlog } of parcels) {
    if (backlog === null) continue;
    messages += backlog.messages;
    oldestMs = Math.max(oldestMs, backlog.oldestMs);
    etaMs = etaMs === null || backlog.etaMs === null ? null : Math.max(etaMs, backlog.etaMs);
  }
  return { messages, oldestMs, etaMs };
}
