import {
  type EnqueuedHttpTask,
  encodeHttpTask,
  type HttpTaskMessage,
  type HttpTaskRequest,
  type HttpTaskStatus,
  type HttpTaskTarget,
  httpTaskRequest,
  httpTaskResponse,
  isFinal,
  limits,
  momentToMs,
  TidegateError,
  validate,
} from "@tidegate/contracts";
import { type Engine, type OutgoingMessage, stockUnits, type TicketStanding, Tickets } from "@tidegate/core";
import { carry, type TraceContext } from "@tidegate/tracing";
import type { TaskRedis } from "../job/task-redis.ts";
import type { CallbackPort } from "../work/callbacks.ts";
import { HttpScheduleBook } from "./http-schedules.ts";
import { HttpTaskTopic, type Placed } from "./http-task-topic.ts";
import { keptKey } from "./idempotency-key.ts";

/** How HTTP tasks are set up. */
export interface HttpTasksOptions {
  readonly engine: Engine;
  /** The connected client of the engine, for schedules; never ended. Without it they are NOT_SUPPORTED. */
  readonly redis?: TaskRedis | undefined;
}

/**
 * Calls of endpoints, now or later: messages of a topic, which dispatchers deliver with its retries, pauses and dead letters. Runs
 * in Workers too.
 */
export class HttpTasks {
  /** Calls that come again and again. One running `HttpTaskScheduler` carries them on. */
  readonly schedules: HttpScheduleBook;
  /** For `runTasks`: tells of runs that have ended. Requests of its own are signed as callbacks. */
  readonly callbacks: CallbackPort;
  readonly #engine: Engine;
  readonly #topic: HttpTaskTopic;
  #tickets: Promise<Tickets> | null = null;

  constructor({ engine, redis }: HttpTasksOptions) {
    this.#engine = engine;
    this.#topic = new HttpTaskTopic(engine);
    this.schedules = new HttpScheduleBook(engine.taskBook, redis ?? null);
    this.callbacks = {
      enqueue: ({ url, body, idempotencyKey }) =>
        this.#enqueue(
          { url, body, callback: true },
          idempotencyKey && keptKey("callback", idempotencyKey),
          {},
        ),
    };
  }

  /**
   * Enqueues a call. The same idempotency key again within 24 hours is the same task, where its URL's host or flow key is.
   * @param trace the one that another's request came in
   * @throws INVALID, MESSAGE_TOO_LARGE, IDEMPOTENCY_CONFLICT, OVERLOADED, REDIS_UNAVAILABLE
   */
  async enqueue(request: HttpTaskRequest, trace: TraceContext | null = null): Promise<EnqueuedHttpTask> {
    const { delayMs, runAt, ...task } = validate(httpTaskRequest, request);
    const { idempotencyKey } = task;
    return this.#enqueue(
      task,
      idempotencyKey && keptKey("user", idempotencyKey),
      {
        delayMs,
        deliverAt: runAt === undefined ? undefined : this.#dueAt(momentToMs(runAt)),
      },
      trace,
    );
  }

  /** Enqueues the call that a schedule plans for a time, once. For the scheduler. */
  async enqueuePlanned(schedule: string, plannedAt: number, call: HttpTaskTarget): Promise<EnqueuedHttpTask> {
    return this.#enqueue(call, keptKey("schedule", `${schedule}:${plannedAt}`), {});
  }

  /** What has become of a task. @throws NOT_FOUND for what is the id of none, and of one of which it is known no more */
  async get(id: string): Promise<HttpTaskStatus> {
    const ticket = (await this.#openTickets()).open(id);
    if (ticket === null || ticket.topicId !== (await this.#topic.id()))
      throw new TidegateError("NOT_FOUND", "There is no such HTTP task");
    return statusOf(id, await this.#engine.tickets.look(ticket));
  }

  /** Makes the topic before its first use, so that the limits of its group can be set. */
  async prepare(): Promise<void> {
    await this.#topic.prepare();
  }

  /** Lets go of what schedules have opened. The connection stays. */
  async close(): Promise<void> {
    await this.schedules.close();
  }

  async #enqueue(
    task: HttpTaskMessage,
    idempotencyKey: string | undefined,
    due: Pick<OutgoingMessage, "delayMs" | "deliverAt">,
    trace: TraceContext | null = null,
  ): Promise<EnqueuedHttpTask> {
    const untraced = { ...encodeHttpTask(task), ...due, idempotencyKey };
    const message = trace === null ? untraced : carry([untraced], trace)[0]!;
    const placed = await this.#topic.append(message).catch((error: unknown) => {
      throw ofTask(error);
    });
    const id = await this.#idOf(placed);
    return placed.duplicate ? { id, duplicate: true } : { id };
  }

  /** A moment that has passed means now. */
  #dueAt(at: number): number | undefined {
    const now = this.#engine.now();
    if (at <= now) return undefined;
    if (at - now <= limits.delayMs) return at;
    throw new TidegateError("INVALID", `runAt: is more than ${limits.delayMs} ms ahead`, {
      field: "runAt",
      limit: limits.delayMs,
    });
  }

  async #idOf(placed: Placed): Promise<string> {
    const tickets = await this.#openTickets();
    const origin = { topicId: placed.topicId, gate: null };
    return placed.status === "delayed"
      ? tickets.forDelayed(origin, placed.partition, placed.delayedId, stockUnits)
      : tickets.forOffset(origin, placed.partition, placed.offset, stockUnits);
  }

  #openTickets(): Promise<Tickets> {
    this.#tickets ??= this.#engine
      .secret()
      .then((secret) => Tickets.under(secret))
      .catch((error: unknown) => {
        this.#tickets = null;
        throw error;
      });
    return this.#tickets;
  }
}

/** An error of the append, told of the field that was given. */
function ofTask(error: unknown): unknown {
  if (!(error instanceof TidegateError)) return error;
  const { field } = error.details;
  if (field !== "messages[0].value") return error;
  const { limit } = error.details;
  return new TidegateError("MESSAGE_TOO_LARGE", `The task may have at most ${limit} bytes as JSON`, {
    field: "body",
    ...(limit !== undefined && { limit }),
  });
}

function statusOf(id: string, standing: TicketStanding): HttpTaskStatus {
  const { state, dueAt, resultText, error } = standing;
  // Delayed, and due so long ago that its place is forgotten: all that is known is whether everything of that time has ended.
  if (standing.offset === null && dueAt === null) {
    if (isFinal(state)) throw new TidegateError("NOT_FOUND", "What became of the HTTP task is known no more");
    return { id, state: "processing", runAt: null, response: null, error: null };
  }
  return { id, state, runAt: dueAt, response: responseOf(resultText), error };
}

function responseOf(text: string | null): HttpTaskStatus["response"] {
  if (text === null) return null;
  return httpTaskResponse.safeParse(JSON.parse(text)).data ?? null;
}
