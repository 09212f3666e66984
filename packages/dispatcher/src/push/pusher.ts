import { limits, type Push, pushedMessageId } from "@tidegate/contracts";
import type { DeliveredMessage, Group, Topic } from "@tidegate/core";
import { bodyLimit, judgeAnswer } from "../answer/judge-answer.ts";
import type { Said, Verdict } from "../answer/verdict.ts";
import { callInTrace } from "../call/call-in-trace.ts";
import { Circuit } from "../circuit/circuit.ts";
import { pushBody, pushId } from "../request/push-body.ts";
import { type RequestTemplate, requestTemplate } from "../request/request-template.ts";
import { asTidegateError } from "./as-tidegate-error.ts";
import { holdOf } from "./hold-of-group.ts";
import { MessageAges } from "./message-ages.ts";
import { acknowledge, type MessageOutcome, release } from "./message-outcome.ts";
import type { PushEnvironment } from "./push-environment.ts";

/** A group whose messages are pushed. */
export type PushGroup = Group & { readonly push: Push };

/** Calls the endpoint of one group with its messages, and says what becomes of each. */
export class Pusher {
  readonly #environment: PushEnvironment;
  readonly #circuit: Circuit;
  readonly #ages: MessageAges;
  readonly #topicId: string;
  #template: RequestTemplate;
  #group: PushGroup;

  constructor(environment: PushEnvironment, topic: Topic, group: PushGroup) {
    this.#environment = environment;
    this.#ages = new MessageAges(environment.engine, environment.clock);
    this.#topicId = topic.topicId;
    this.#group = group;
    this.#template = requestTemplate(group.push);
    this.#circuit = new Circuit(holdOf(environment, topic.name, group.name), environment.clock);
  }

  /** As last seen. */
  get group(): PushGroup {
    return this.#group;
  }

  /** Goes by these settings from the next call on. Another address is another endpoint: its group is held no longer. */
  async change(group: PushGroup): Promise<void> {
    const before = this.#group.push.url;
    this.#group = group;
    if (group.push.url !== before) await this.#circuit.forget();
  }

  /**
   * Calls the endpoint with messages of one partition, once. Resolves with an outcome for each, in order; what had to be
   * done in Redis first (a hold, results) is done then. Never throws.
   */
  async push(
    partition: number,
    messages: readonly DeliveredMessage[],
    signal: AbortSignal | null,
  ): Promise<MessageOutcome[]> {
    const epoch = this.#circuit.begin() ?? (await this.#circuit.beginLate());
    if (epoch === null) return this.#turnAway(partition, messages, this.#circuit.reason);
    const { send, rules, now, signer } = this.#environment;
    try {
      if (!signer.fresh) await signer.refresh();
    } catch (error) {
      // No key is known while Redis is away: nothing is called without a signature.
      this.#tellError(error);
      return messages.map(() => release);
    }
    const { topic, name, push } = this.group;
    if (this.#template.push !== push) this.#template = requestTemplate(push);
    const { ids, body } = pushBody(topic, name, partition, messages);
    const headers = { ...this.#template.headers };
    const calledAt = now();
    signer.sign(headers, pushId(this.#topicId, name, partition, messages), calledAt, body);
    const startedAt = performance.now();
    const { url } = this.#template;
    let status: number | null = null;
    const verdict = await callInTrace(
      { destination: topic, group: name, partition },
      messages,
      {
        url,
        method: "POST",
        headers,
        body,
        limitOf: bodyLimit,
        timeoutMs: push.timeoutMs,
        signal,
        judge: (answer) => {
          status = answer.status;
          return judgeAnswer(answer, ids, calledAt);
        },
      },
      send,
      rules,
    );
    const ms = performance.now() - startedAt;
    const called = { messages: messages.length, came: verdict.kind, status, ms };
    this.#environment.onEvent({ type: "called", topic, group: name, ...called });
    return this.#conclude(verdict, epoch, partition, messages, ids, ms);
  }

  async #conclude(
    verdict: Verdict,
    epoch: number,
    partition: number,
    messages: readonly DeliveredMessage[],
    ids: readonly string[],
    ms: number,
  ): Promise<MessageOutcome[]> {
    const circuit = this.#circuit;
    switch (verdict.kind) {
      case "answered":
        if (onlyReleases(verdict.said, ids)) await circuit.shut(epoch, "it gave everything back", null);
        else {
          const closing = circuit.succeeded(epoch);
          if (closing !== null) await closing;
        }
        return this.#settled(verdict.said, partition, messages, ids, ms);
      case "rejected":
        await circuit.succeeded(epoch);
        return this.#fail(
          messages,
          ids,
          () => ({ kind: "dead-letter", reason: cut(verdict.reason) }),
          verdict.reason,
        );
      case "failed":
        if (verdict.endpoint === "unwell") await circuit.failed(epoch, verdict.reason);
        else if (verdict.endpoint === "well") await circuit.succeeded(epoch);
        return this.#fail(
          messages,
          ids,
          (message) => this.#retry(message, null, verdict.reason),
          verdict.reason,
        );
      case "busy":
        await circuit.shut(epoch, verdict.reason, verdict.retryAfterMs);
        if (verdict.said === null) return this.#turnAway(partition, messages, verdict.reason);
        return this.#settled(verdict.said, partition, messages, ids, ms);
      case "unreached":
        await circuit.shut(epoch, verdict.reason, null);
        return this.#turnAway(partition, messages, verdict.reason);
      case "abandoned":
        return messages.map(() => release);
    }
  }

  /** What an answer says of each message. Results are kept first: what is acknowledged is not handled again. */
  async #settled(
    said: Said,
    partition: number,
    messages: readonly DeliveredMessage[],
    ids: readonly string[],
    ms: number,
  ): Promise<MessageOutcome[]> {
    if (said.results.size > 0) await this.#keepResults(said.results, partition, messages, ids);
    const { topic, name: group } = this.group;
    const acknowledged = messages.length - said.failures.size;
    this.#environment.onEvent({
      type: "answered",
      topic,
      group,
      messages: messages.length,
      acknowledged,
      ms,
    });
    if (said.failures.size === 0) return messages.map(() => acknowledge);
    const outcomes = messages.map(async (message, index): Promise<MessageOutcome> => {
      const id = ids[index]!;
      const failure = said.failures.get(id);
      if (failure === undefined) return acknowledge;
      const { outcome, delayMs, reason } = failure;
      if (outcome === "release") return (await this.#turnAway(partition, [message], reason))[0]!;
      const becomes: MessageOutcome =
        outcome === "dead-letter"
          ? { kind: "dead-letter", reason: cut(reason) }
          : this.#retry(message, delayMs, reason);
      this.#tellFailed([id], [becomes], reason);
      return becomes;
    });
    return Promise.all(outcomes);
  }

  #fail(
    messages: readonly DeliveredMessage[],
    ids: readonly string[],
    decide: (message: DeliveredMessage) => MessageOutcome,
    reason: string,
  ): MessageOutcome[] {
    const outcomes = messages.map(decide);
    this.#tellFailed(ids, outcomes, reason);
    return outcomes;
  }

  /** One event for those that are tried again, one for those that are not. */
  #tellFailed(ids: readonly string[], outcomes: readonly MessageOutcome[], reason: string): void {
    const { topic, name } = this.group;
    for (const becomes of ["retry", "dead-letter"] as const) {
      const concerned = ids.filter((_, index) => outcomes[index]!.kind === becomes);
      if (concerned.length > 0)
        this.#environment.onEvent({ type: "failed", topic, group: name, ids: concerned, becomes, reason });
    }
  }

  /** What has no attempt left would be buried anyway: it takes the reason along. */
  #retry(message: DeliveredMessage, delayMs: number | null, reason: string): MessageOutcome {
    if (message.attempt < this.group.maxDeliveries) return { kind: "retry", delayMs };
    return { kind: "dead-letter", reason: cut(reason) };
  }

  /** Not the message's fault: it goes back without an attempt spent, unless it has gone back for too long. */
  async #turnAway(
    partition: number,
    messages: readonly DeliveredMessage[],
    reason: string,
  ): Promise<MessageOutcome[]> {
    const { maxAgeMs } = this.group.push;
    const { topic } = this.group;
    const young = await this.#ages.firstYoung(topic, partition, maxAgeMs, this.#environment.now());
    return messages.map((message): MessageOutcome => {
      if (message.offset >= young) return release;
      const why = `not delivered within ${maxAgeMs} ms: ${reason}`;
      const gone: MessageOutcome = { kind: "dead-letter", reason: cut(why) };
      this.#tellFailed([pushedMessageId(partition, message.offset)], [gone], why);
      return gone;
    });
  }

  async #keepResults(
    results: ReadonlyMap<string, unknown>,
    partition: number,
    messages: readonly DeliveredMessage[],
    ids: readonly string[],
  ): Promise<void> {
    const { onResult, onEvent } = this.#environment;
    const { topic, name: group } = this.group;
    await Promise.all(
      messages.map(async (message, index) => {
        const id = ids[index]!;
        if (!results.has(id)) return;
        try {
          await onResult({ topic, group, partition, message }, results.get(id));
        } catch (error) {
          onEvent({ type: "result-lost", topic, group, ids: [id], error });
        }
      }),
    );
  }

  #tellError(error: unknown): void {
    const { topic, name: group } = this.group;
    this.#environment.onEvent({ type: "error", topic, group, error: asTidegateError(error) });
  }
}

/** An endpoint that gives back all it gets, again and again, must not be called in a circle. */
function onlyReleases({ failures }: Said, ids: readonly string[]): boolean {
  return failures.size === ids.length && [...failures.values()].every(({ outcome }) => outcome === "release");
}

function cut(reason: string): string {
  return reason.slice(0, limits.reasonLength);
}
