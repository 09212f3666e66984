import {
  encodeHttpTask,
  type HttpTaskMessage,
  type HttpTaskResponse,
  type TaskCallback,
  TidegateError,
} from "@tidegate/contracts";
import { type Engine, stockUnits, Tickets } from "@tidegate/core";
import { carry, type TraceContext } from "@tidegate/tracing";

/** How an HTTP task has ended. */
export interface TaskEnd {
  readonly task: HttpTaskMessage;
  readonly partition: number;
  readonly offset: number;
  /** Of a task that was delayed: its number then, which the id that its sender has names. */
  readonly delayedId: number | null;
  readonly attempts: number;
  readonly response: HttpTaskResponse | null;
  /** Null when it has succeeded. */
  readonly error: { readonly name: string; readonly message: string } | null;
  /** The one that it was enqueued in. */
  readonly trace: TraceContext | null;
}

type Place = Pick<TaskEnd, "partition" | "offset" | "delayedId">;

/** Tells whoever wants to know how HTTP tasks have ended, by HTTP tasks: they are tried again as any other. */
export class TaskCallbacks {
  readonly #engine: Engine;
  readonly #topic: string;
  readonly #topicId: string;
  #tickets: Promise<Tickets> | null = null;

  constructor(engine: Engine, topic: string, topicId: string) {
    this.#engine = engine;
    this.#topic = topic;
    this.#topicId = topicId;
  }

  /**
   * Publishes the callback of a task that has ended, if it has one, once: the key is of the task and lies in its partition,
   * so whoever dies before he settles it, and then meets another answer, changes nothing. Throws when it could not be published.
   */
  async publish(end: TaskEnd): Promise<void> {
    const { task, partition, offset, trace } = end;
    const url = end.error === null ? task.callbackUrl : task.failureCallbackUrl;
    // A callback has none.
    if (url === undefined || task.callback === true) return;
    const callback = encodeHttpTask({ url, body: await this.#bodyOf(end), callback: true });
    const idempotencyKey = `callback:${partition}-${offset}`;
    const untraced = [{ ...callback, partition, idempotencyKey }];
    const messages = trace === null ? untraced : carry(untraced, trace);
    const { outcomes } = await this.#engine.append(this.#topic, messages);
    const [outcome] = outcomes;
    if (outcome?.status !== "refused") return;
    // Of an earlier attempt, which was answered otherwise.
    if (outcome.error instanceof TidegateError && outcome.error.code === "IDEMPOTENCY_CONFLICT") return;
    throw outcome.error;
  }

  async #bodyOf({ task, attempts, response, error, ...place }: TaskEnd): Promise<TaskCallback> {
    const { idempotencyKey } = task;
    return {
      type: error === null ? "http-task.completed" : "http-task.failed",
      task: task.url,
      id: await this.#ticketOf(place),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      attempts,
      output: response,
      error,
    };
  }

  /** The id that the sender was given. */
  async #ticketOf({ partition, offset, delayedId }: Place): Promise<string> {
    this.#tickets ??= this.#engine
      .secret()
      .then((secret) => Tickets.under(secret))
      .catch((error: unknown) => {
        this.#tickets = null;
        throw error;
      });
    const tickets = await this.#tickets;
    const origin = { topicId: this.#topicId, gate: null };
    return delayedId === null
      ? tickets.forOffset(origin, partition, offset, stockUnits)
      : tickets.forDelayed(origin, partition, delayedId, stockUnits);
  }
}
