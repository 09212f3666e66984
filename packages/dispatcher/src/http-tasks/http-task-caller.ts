import {
  decodeHttpTask,
  type HttpTaskMessage,
  type HttpTaskResponse,
  httpTaskDefaults,
  limits,
  pushedMessageId,
  webhookIdPrefixes,
} from "@tidegate/contracts";
import type { DeliveredMessage, Topic } from "@tidegate/core";
import { contextOf } from "@tidegate/tracing";
import type { Uncalled } from "../answer/verdict.ts";
import { callInTrace } from "../call/call-in-trace.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { asTidegateError } from "../push/as-tidegate-error.ts";
import { MessageAges } from "../push/message-ages.ts";
import { acknowledge, type MessageOutcome, release } from "../push/message-outcome.ts";
import type { PushEnvironment } from "../push/push-environment.ts";
import type { PushGroup } from "../push/pusher.ts";
import { judgeTaskAnswer, type TaskVerdict, taskBodyLimit } from "./judge-task-answer.ts";
import { LaneCircuits } from "./lane-circuits.ts";
import { TaskCallbacks } from "./task-callback.ts";
import { taskRequest } from "./task-request.ts";

/**
 * Deliveries beyond a task's attempts. A dispatcher that dies spends one of all that it had, called or not, and nobody knows which:
 * a task is not given up for that before it was called.
 */
const mostLost = 10;

/** A task that is being delivered. */
interface Delivery {
  readonly partition: number;
  readonly message: DeliveredMessage;
  readonly task: HttpTaskMessage;
  readonly circuit: Circuit;
}

/** Calls what HTTP tasks ask for, and says what becomes of each. A pause is of the task's key, and of no other. */
export class HttpTaskCaller {
  readonly #environment: PushEnvironment;
  readonly #topic: Topic;
  readonly #ages: MessageAges;
  readonly #circuits: LaneCircuits;
  readonly #callbacks: TaskCallbacks;
  #group: PushGroup;

  constructor(environment: PushEnvironment, topic: Topic, group: PushGroup) {
    const { engine, clock } = environment;
    this.#environment = environment;
    this.#topic = topic;
    this.#group = group;
    this.#ages = new MessageAges(engine, clock);
    this.#circuits = new LaneCircuits(environment, topic.name, group.name);
    this.#callbacks = new TaskCallbacks(engine, topic.name, topic.topicId);
  }

  get group(): PushGroup {
    return this.#group;
  }

  async change(group: PushGroup): Promise<void> {
    this.#group = group;
  }

  /** Calls for messages of one partition, each by itself. Resolves with an outcome for each, in order. Never throws. */
  push(
    partition: number,
    messages: readonly DeliveredMessage[],
    signal: AbortSignal | null,
  ): Promise<MessageOutcome[]> {
    return Promise.all(
      messages.map((message) =>
        this.#deliver(partition, message, signal).catch((error: unknown) => {
          this.#environment.onEvent({ type: "error", ...this.#name, error: asTidegateError(error) });
          return release;
        }),
      ),
    );
  }

  async #deliver(
    partition: number,
    message: DeliveredMessage,
    signal: AbortSignal | null,
  ): Promise<MessageOutcome> {
    const task = decodeHttpTask(message.value);
    if ("refusal" in task) return this.#bury(partition, message, task.refusal);
    const circuit = this.#circuits.of(message);
    const delivery: Delivery = { partition, message, task, circuit };
    if (message.attempt > this.#attemptsOf(task) + mostLost)
      return this.#giveUp(delivery, "Too many attempts were not settled before their deadline", null);
    const epoch = circuit.begin() ?? (await circuit.beginLate());
    if (epoch === null) return this.#turnAway(delivery, circuit.reason);
    const startedAt = performance.now();
    const verdict = await this.#call(delivery, signal);
    const outcome = await this.#conclude(verdict, epoch, delivery);
    if (verdict.kind === "done" && outcome.kind === "acknowledge") {
      const ms = performance.now() - startedAt;
      this.#environment.onEvent({ type: "answered", ...this.#name, messages: 1, acknowledged: 1, ms });
    }
    return outcome;
  }

  async #call(
    { partition, message, task }: Delivery,
    signal: AbortSignal | null,
  ): Promise<TaskVerdict | Uncalled> {
    const { send, rules, signer, now, onEvent } = this.#environment;
    // No key is known while Redis is away: nothing is called without a signature.
    if (!signer.fresh) await signer.refresh();
    const request = taskRequest(task);
    const calledAt = now();
    const prefix = task.callback === true ? webhookIdPrefixes.callback : webhookIdPrefixes.httpTask;
    const id = `${prefix}${this.#topic.topicId}:${pushedMessageId(partition, message.offset)}`;
    signer.sign(request.headers, id, calledAt, request.body ?? "");
    let status: number | null = null;
    const judge = (answer: Parameters<typeof judgeTaskAnswer>[0]) => {
      status = answer.status;
      return judgeTaskAnswer(answer, calledAt);
    };
    const startedAt = performance.now();
    const { topic: destination, group } = this.#name;
    const verdict = await callInTrace(
      { destination, group, partition },
      [message],
      { ...request, limitOf: taskBodyLimit, signal, judge },
      send,
      rules,
    );
    const called = { messages: 1, came: verdict.kind, status, ms: performance.now() - startedAt };
    onEvent({ type: "called", ...this.#name, ...called });
    return verdict;
  }

  async #conclude(
    verdict: TaskVerdict | Uncalled,
    epoch: number,
    delivery: Delivery,
  ): Promise<MessageOutcome> {
    const { message, task, circuit } = delivery;
    switch (verdict.kind) {
      case "done":
        return this.#done(delivery, epoch, verdict.response);
      case "rejected":
        await circuit.succeeded(epoch);
        return this.#giveUp(delivery, verdict.reason, verdict.response);
      case "failed": {
        if (verdict.endpoint === "unwell") await circuit.failed(epoch, verdict.reason);
        else if (verdict.endpoint === "well") await circuit.succeeded(epoch);
        const response = "response" in verdict ? verdict.response : null;
        if (message.attempt >= this.#attemptsOf(task))
          return this.#giveUp(delivery, verdict.reason, response);
        this.#tellFailed(delivery, "retry", verdict.reason);
        return { kind: "retry", delayMs: null };
      }
      case "busy":
        await circuit.shut(epoch, verdict.reason, verdict.retryAfterMs);
        return this.#turnAway(delivery, verdict.reason);
      case "unreached":
        await circuit.shut(epoch, verdict.reason, null);
        return this.#turnAway(delivery, verdict.reason);
      case "abandoned":
        return release;
    }
  }

  /** The callback first, then the answer for who has the ticket, then the acknowledgement: who dies in between repeats them. */
  async #done(delivery: Delivery, epoch: number, response: HttpTaskResponse): Promise<MessageOutcome> {
    if (!(await this.#told(delivery, response, null))) {
      // It would be called again at once, though all is well with it.
      await delivery.circuit.shut(epoch, "its callback could not be published", null);
      return this.#turnAway(delivery, "its callback could not be published");
    }
    await Promise.all([delivery.circuit.succeeded(epoch), this.#keepResult(delivery, response)]);
    return acknowledge;
  }

  async #keepResult({ partition, message }: Delivery, response: HttpTaskResponse): Promise<void> {
    const { onResult, onEvent } = this.#environment;
    try {
      await onResult({ ...this.#name, partition, message }, response);
    } catch (error) {
      const ids = [pushedMessageId(partition, message.offset)];
      onEvent({ type: "result-lost", ...this.#name, ids, error });
    }
  }

  /** For good. */
  async #giveUp(
    delivery: Delivery,
    reason: string,
    response: HttpTaskResponse | null,
  ): Promise<MessageOutcome> {
    if (await this.#told(delivery, response, reason))
      return this.#bury(delivery.partition, delivery.message, reason);
    const { circuit } = delivery;
    const epoch = circuit.begin();
    if (epoch !== null) await circuit.shut(epoch, "a callback could not be published", null);
    return release;
  }

  /** Whether whoever wanted to know is told, or will be; nobody may be. */
  async #told(
    { partition, message, task }: Delivery,
    response: HttpTaskResponse | null,
    reason: string | null,
  ): Promise<boolean> {
    const { offset, attempt, delayedId = null, headers } = message;
    const error = reason === null ? null : { name: "HTTP_TASK_FAILED", message: cut(reason) };
    const attempts = Math.min(attempt, this.#attemptsOf(task));
    try {
      await this.#callbacks.publish({
        task,
        partition,
        offset,
        delayedId,
        attempts,
        response,
        error,
        trace: contextOf(headers),
      });
      return true;
    } catch (thrown) {
      const problem = asTidegateError(thrown);
      this.#environment.onEvent({ type: "error", ...this.#name, error: problem });
      return !problem.retryable;
    }
  }

  /** Not the task's fault: it goes back without an attempt spent, unless it has gone back for too long. */
  async #turnAway(delivery: Delivery, reason: string): Promise<MessageOutcome> {
    const { partition, message } = delivery;
    const { maxAgeMs } = this.#group.push;
    const young = await this.#ages.firstYoung(this.#topic.name, partition, maxAgeMs, this.#environment.now());
    if (message.offset >= young) return release;
    return this.#giveUp(delivery, `not delivered within ${maxAgeMs} ms: ${reason}`, null);
  }

  #bury(partition: number, message: DeliveredMessage, reason: string): MessageOutcome {
    this.#tellFailed({ partition, message }, "dead-letter", reason);
    return { kind: "dead-letter", reason: cut(reason) };
  }

  #tellFailed(
    { partition, message }: Pick<Delivery, "partition" | "message">,
    becomes: "retry" | "dead-letter",
    reason: string,
  ): void {
    const ids = [pushedMessageId(partition, message.offset)];
    this.#environment.onEvent({ type: "failed", ...this.#name, ids, becomes, reason });
  }

  /** No more than the group gives, where somebody has set that: core would give the task up, and tell nobody. */
  #attemptsOf(task: HttpTaskMessage): number {
    return Math.min(1 + (task.retries ?? httpTaskDefaults.retries), this.#group.maxDeliveries);
  }

  get #name() {
    return { topic: this.#topic.name, group: this.#group.name };
  }
}

function cut(reason: string): string {
  return reason.slice(0, limits.reasonLength);
}
