import type { TidegateError } from "@tidegate/contracts";
import type { DeliveredMessage } from "@tidegate/core";
import {
  deadLetter,
  type HandlerContext,
  type HandlerOutcome,
  release,
  retry,
  Worker,
} from "@tidegate/worker";
import { keyText } from "../http-tasks/lane-circuits.ts";
import type { LaneSlots } from "../http-tasks/lane-slots.ts";
import { asTidegateError } from "../push/as-tidegate-error.ts";
import { type Deliverer, delivererOf, isHttpTasks } from "../push/deliverer.ts";
import type { MessageOutcome } from "../push/message-outcome.ts";
import type { PushEnvironment } from "../push/push-environment.ts";
import type { FoundGroup } from "../push/push-groups.ts";
import type { Slots } from "./slots.ts";

/**
 * Messages taken at once where each is called by itself, at most: they share calls to Redis. As many again as can be called
 * at once may wait here; behind a slow endpoint nothing more is taken ahead, since nobody else could take it.
 */
const leaseMessages = 200;

/**
 * HTTP tasks that are taken at once, as a multiple of the calls: each alone, since it must not wait for another one's endpoint to be
 * settled, and more than can be called, so that there are some for every endpoint.
 */
const tasksPerCall = 4;
const mostTasks = 10_000;

export interface PushedGroupOptions {
  readonly environment: PushEnvironment;
  readonly slots: Slots;
  /** For HTTP tasks, which have calls of their own. */
  readonly taskSlots: LaneSlots;
  readonly concurrency: number;
  readonly stopTimeoutMs: number;
  /** Told when the group turns out not to be there. */
  readonly onGone: () => void;
}

/** What identifies a group, and one that was made anew under its name. */
export function keyOf({ topic, group }: FoundGroup): string {
  return `${topic.topicId}/${group.groupId}`;
}

/** What cannot change while a worker runs. */
function shapeOf({ group }: FoundGroup): string {
  return JSON.stringify([group.ordering, group.push.batchSize, group.leaseMs]);
}

/** A push group that is being dispatched: a worker whose handler calls the endpoint. */
export class PushedGroup {
  readonly #options: PushedGroupOptions;
  readonly #key: string;
  readonly #deliverer: Deliverer;
  readonly #isOfTasks: boolean;
  #found: FoundGroup;
  /** With what it was made for. */
  #worker: { readonly worker: Worker; readonly shape: string } | null = null;
  #stopping = false;
  /** One change after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(found: FoundGroup, options: PushedGroupOptions) {
    this.#options = options;
    this.#found = found;
    this.#key = keyOf(found);
    this.#deliverer = delivererOf(options.environment, found.topic, found.group);
    this.#isOfTasks = isHttpTasks(found.topic.name, found.group.name);
  }

  /** Begins, or goes on with what the group's settings are now. Never throws. */
  run(found: FoundGroup): Promise<void> {
    this.#found = found;
    this.#turn = this.#turn
      .then(() => this.#follow(found))
      .catch((error: unknown) => this.#tellError(asTidegateError(error)));
    return this.#turn;
  }

  /** Waits for calls that are under way; releases the rest. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#worker?.worker.stop();
    await this.#turn;
    this.#options.slots.remove(this.#key);
  }

  /** A worker that ended by itself (the group was away) is begun anew. */
  async #follow(found: FoundGroup): Promise<void> {
    await this.#deliverer.change(found.group);
    const shape = shapeOf(found);
    if (this.#worker !== null && this.#worker.shape !== shape) await this.#worker.worker.stop();
    if (this.#stopping || (this.#worker !== null && this.#worker.worker.state !== "stopped")) return;
    if (!this.#isOfTasks) this.#options.slots.add(this.#key);
    const worker = this.#makeWorker();
    this.#worker = { worker, shape };
    // Not awaited: it waits while Redis is away. What it rejects for (the group is gone) the next look finds too.
    worker.start().catch((error: unknown) => this.#tellError(asTidegateError(error)));
  }

  #makeWorker(): Worker {
    const { environment, concurrency, stopTimeoutMs } = this.#options;
    const { topic, group } = this.#found;
    const { batchSize } = group.push;
    const handling =
      batchSize === 1 || this.#isOfTasks
        ? {
            maxMessages: this.#isOfTasks ? 1 : Math.min(leaseMessages, 2 * concurrency),
            handler: (message: DeliveredMessage, context: HandlerContext) =>
              this.#inSlot([message], context, ([outcome]) => outcome),
          }
        : {
            maxMessages: batchSize,
            batchHandler: (messages: readonly DeliveredMessage[], context: HandlerContext) =>
              this.#inSlot(messages, context, (outcomes) => outcomes),
          };
    const worker = new Worker({
      engine: environment.engine,
      topic: topic.name,
      group: group.name,
      create: false,
      concurrency: this.#isOfTasks ? Math.min(mostTasks, tasksPerCall * concurrency) : concurrency,
      consumer: "push",
      stopTimeoutMs,
      // Whoever is called processes them: here each call is a span.
      tracing: false,
      ...handling,
    });
    worker.on("error", (error) => this.#tellError(error));
    return worker;
  }

  #inSlot<T>(
    messages: readonly DeliveredMessage[],
    context: HandlerContext,
    answer: (outcomes: (HandlerOutcome | undefined)[]) => T,
  ): Promise<T> {
    const slots = this.#isOfTasks ? this.#options.taskSlots : this.#options.slots;
    const taker = this.#isOfTasks ? keyText(messages[0]!) : this.#key;
    const waiting = slots.enter(taker);
    const call = async (): Promise<T> => {
      try {
        // What waited for a slot until the end of the process was not begun.
        if (this.#stopping) return answer(messages.map(() => release()));
        const outcomes = await this.#deliverer.push(context.partition, messages, context.signal);
        return answer(outcomes.map(toHandlerOutcome));
      } finally {
        slots.leave(taker);
      }
    };
    return waiting === null ? call() : waiting.then(call);
  }

  #tellError(error: TidegateError): void {
    const { topic, group } = this.#found;
    if (error.code === "TOPIC_NOT_FOUND" || error.code === "GROUP_NOT_FOUND") this.#options.onGone();
    else this.#options.environment.onEvent({ type: "error", topic: topic.name, group: group.name, error });
  }
}

function toHandlerOutcome(outcome: MessageOutcome): HandlerOutcome | undefined {
  switch (outcome.kind) {
    case "acknowledge":
      return undefined;
    case "retry":
      return outcome.delayMs === null ? retry() : retry({ delayMs: outcome.delayMs });
    case "release":
      return release();
    case "dead-letter":
      return deadLetter(outcome.reason);
  }
}
