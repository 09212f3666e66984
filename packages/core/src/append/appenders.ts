import { limits, TidegateError } from "@tidegate/contracts";
import { activeTracer, traceSend } from "@tidegate/tracing";
import type { Context } from "../context.ts";
import { requireOneOf } from "../require.ts";
import type { Topics } from "../topics/topics.ts";
import { type AppendResult, resultOf } from "./append-result.ts";
import { type Acks, acksLevels, Confirmation } from "./confirmation.ts";
import { findFormerRepeats } from "./former-repeats.ts";
import { Handing } from "./handing.ts";
import { checkMessages, type OutgoingMessage } from "./message.ts";
import type { AppendOutcome } from "./parcel.ts";

/** Appends messages: checks them, chooses their partitions, and gathers those of concurrent callers. */
export class Appenders {
  readonly #context: Context;
  readonly #topics: Topics;
  readonly #confirmation: Confirmation;
  readonly #handing: Handing;
  /** Bytes of the calls that are under way. */
  #queuedBytes = 0;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(context: Context, topics: Topics) {
    this.#context = context;
    this.#topics = topics;
    this.#confirmation = new Confirmation(context);
    this.#handing = new Handing(context, topics, this.#confirmation);
  }

  /**
   * Appends messages and answers for each, in order. Messages to one partition keep their order.
   * @throws TOPIC_NOT_FOUND; INVALID, MESSAGE_TOO_LARGE or PARTITION_NOT_FOUND when a message is not fit (nothing is
   *   appended then); ACKS_UNSUPPORTED; REDIS_UNAVAILABLE, OVERLOADED or NOT_REPLICATED when that befell every message
   */
  append(name: string, messages: readonly OutgoingMessage[], acks: Acks = "leader"): Promise<AppendResult> {
    const tracer = activeTracer();
    if (tracer === null) return this.#admit(name, messages, acks);
    return traceSend(tracer, name, messages, (carried) => this.#admit(name, carried, acks));
  }

  async #admit(name: string, messages: readonly OutgoingMessage[], acks: Acks): Promise<AppendResult> {
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
      this.#handing.atOnce(name, messages, indexes, outcomes, acks) ??
      (await this.#handing.inTurn(name, messages, indexes, outcomes, acks));
    try {
      for (let attempt = 0; ; attempt += 1) {
        for (const parcel of handed.parcels) await parcel.done;
        const stale = handed.parcels.filter((parcel) => parcel.stale !== null);
        if (stale.length === 0) return resultOf(handed.topic, outcomes, handed.parcels);
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
        handed = await this.#handing.again(handed, topic, messages, former, outcomes, acks);
      }
    } finally {
      handed.visit.leave();
    }
  }
}

function bytesOf(messages: readonly OutgoingMessage[]): number {
  let bytes = 0;
  for (const { value } of messages) bytes += 100 + (value?.length ?? 0);
  return bytes;
}
