import {
  type Enqueued,
  type EnqueuedFlow,
  type EnqueueRequest,
  limits,
  type RunPage,
  type TaskDescription,
  type TaskLogs,
  type TaskOptions,
  type TaskStatus,
  TidegateError,
} from "@tidegate/contracts";
import { Engine, type TaskBook } from "@tidegate/core";
import { activeTracer, type TraceContext, traceEnqueue } from "@tidegate/tracing";
import type { AnyTask, InputOf, OutputOf } from "../define/define-task.ts";
import { publishTasks } from "../define/published-task.ts";
import { FailedRuns } from "../failed/failed-runs.ts";
import { idOfMessage, type MessagePlace } from "../job/job-id.ts";
import type { TaskRedis } from "../job/task-redis.ts";
import { TaskSchedules } from "../schedules/task-schedules.ts";
import { Definitions, type TaskCache } from "./definitions.ts";
import { describeQueue } from "./describe-queue.ts";
import { Enqueuer } from "./enqueue.ts";
import { enqueueFlow } from "./enqueue-flow.ts";
import type { FlowNode } from "./flow-tree.ts";
import { followRun } from "./follow-run.ts";
import { listRuns, type RunsQuery } from "./list-runs.ts";
import { Queues } from "./queues.ts";
import { RunVerbs } from "./run-verbs.ts";
import { RunWatch } from "./run-watch.ts";

/** How a producer is set up. */
export interface TasksOptions {
  /** A connected ioredis client, single or cluster; shared, and never ended. */
  readonly redis: TaskRedis;
  /** Default `tidegate`. Of the engine, when one is given. */
  readonly namespace?: string | undefined;
  /** Definitions that this process has. Others are taken from what workers made known. */
  readonly tasks?: readonly AnyTask[] | undefined;
  /** On the same Redis; else one is made. Never stopped here. */
  readonly engine?: Engine | undefined;
  /** Whether `wait` and `watch` may hold a connection of their own; else they look now and then. Default true. */
  readonly subscribe?: boolean | undefined;
  /** How long an answer of Redis is waited for, in ms. Default 10,000. */
  readonly callTimeoutMs?: number | undefined;
  /** What workers made known, to share between the short-lived producers of an isolate. Default: one of its own. */
  readonly taskCache?: TaskCache | undefined;
}

/** How long and until when a run is waited for. */
export interface WaitForRun {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A task by its definition, which types the input and the output, or by its name. */
export type TaskOrName = AnyTask | string;
/** What goes into it. */
export type InputFor<Task extends TaskOrName> = Task extends AnyTask ? InputOf<Task> : unknown;
export type OutputFor<Task extends TaskOrName> = Task extends AnyTask ? OutputOf<Task> : unknown;

/**
 * Enqueues tasks, and tells of their runs. Runs on Node and in workerd; a producer of its own asks Redis nothing but what it is asked
 * to do. Each method throws TidegateError; TASK_NOT_FOUND for a task that neither this process nor a worker has defined.
 */
export class Tasks {
  /** Whether `watch` and `wait` hear of changes. */
  readonly mayWatch: boolean;
  readonly failed: FailedRuns;
  readonly schedules: TaskSchedules;
  readonly #tasks: readonly AnyTask[];
  readonly #book: TaskBook;
  readonly #ownEngine: Engine | null;
  readonly #queues: Queues;
  readonly #definitions: Definitions;
  readonly #enqueuer: Enqueuer;
  readonly #runs: RunVerbs;
  readonly #watch: RunWatch | null;

  constructor(options: TasksOptions) {
    const { redis, namespace, tasks = [], engine, subscribe = true, callTimeoutMs = 10_000 } = options;
    this.#ownEngine =
      engine === undefined ? new Engine({ redis, namespace, subscribe: false, callTimeoutMs }) : null;
    this.#book = (engine ?? this.#ownEngine!).taskBook;
    this.#tasks = tasks;
    this.mayWatch = subscribe;
    this.#queues = new Queues(redis, this.#book);
    this.#definitions = new Definitions(tasks, this.#book, options.taskCache ?? new Map());
    this.#enqueuer = new Enqueuer(this.#queues, this.#book, this.#definitions, callTimeoutMs);
    this.#runs = new RunVerbs(this.#queues, this.#book, this.#definitions);
    this.failed = new FailedRuns(this.#book, this.#definitions, this.#runs);
    this.schedules = new TaskSchedules(this.#queues, this.#book, this.#definitions);
    this.#watch = subscribe ? new RunWatch(redis, this.#book) : null;
  }

  /**
   * Enqueues a run. `duplicate` says that another run stands in its place: the one with the same deduplication id, or of the same id.
   * @param trace the one that another's request came in; what this process itself is in is known
   * @throws INVALID, MESSAGE_TOO_LARGE, TASK_NOT_FOUND, OVERLOADED, REDIS_UNAVAILABLE
   */
  enqueue<Task extends TaskOrName>(
    task: Task,
    input: InputFor<Task>,
    options?: TaskOptions,
    trace: TraceContext | null = null,
  ): Promise<Enqueued> {
    const name = nameOf(task);
    return traced(name, null, trace, (own) => this.#enqueuer.one(name, input, options, own));
  }

  /** Enqueues 1 to 1,000 runs of a task, all or none. Fields of errors begin with `tasks[<index>]`. */
  enqueueMany<Task extends TaskOrName>(
    task: Task,
    runs: readonly (EnqueueRequest & { readonly input: InputFor<Task> })[],
    trace: TraceContext | null = null,
  ): Promise<Enqueued[]> {
    const name = nameOf(task);
    return traced(name, runs.length, trace, (own) => this.#enqueuer.many(name, runs, own));
  }

  /** Enqueues a tree of runs, all or none, each of which starts when those below it have ended. */
  enqueueFlow<Task extends TaskOrName>(
    flow: FlowNode<Task>,
    trace: TraceContext | null = null,
  ): Promise<EnqueuedFlow> {
    return traced((flow as FlowNode | undefined)?.task, null, trace, (own) =>
      enqueueFlow(this.#queues, this.#book, this.#definitions, flow as FlowNode, own),
    );
  }

  /** Enqueues one run for a message, however often that is delivered. */
  enqueueFrom<Task extends TaskOrName>(
    message: MessagePlace,
    task: Task,
    input: InputFor<Task>,
    options: Omit<TaskOptions, "id"> = {},
  ): Promise<Enqueued> {
    return this.enqueue(task, input, { ...options, id: idOfMessage(message) });
  }

  /**
   * Enqueues a run and waits for what it returns. When the time is up the run goes on.
   * @throws TASK_FAILED when it has failed or was cancelled, REPLY_TIMEOUT with the `id`
   */
  async enqueueAndWait<Task extends TaskOrName>(
    task: Task,
    input: InputFor<Task>,
    { timeoutMs, signal, ...options }: TaskOptions & WaitForRun,
  ): Promise<OutputFor<Task>> {
    requireTimeout(timeoutMs);
    const until = performance.now() + timeoutMs;
    const { id } = await this.enqueue(task, input, hasFields(options) ? options : undefined);
    const left = Math.max(0, until - performance.now());
    const status = await this.wait(task, id, { timeoutMs: left, signal });
    const { state, error, output } = status;
    if (state === "completed") return output as OutputFor<Task>;
    if (state === "failed" || state === "cancelled") {
      const message = error === null ? undefined : `${error.name}: ${error.message}`;
      throw new TidegateError("TASK_FAILED", message, { id, name: error?.name, state });
    }
    throw new TidegateError("REPLY_TIMEOUT", "The run has not ended in time; it goes on", { id, state });
  }

  /** Where a run stands. @throws NOT_FOUND */
  get(task: TaskOrName, id: string): Promise<TaskStatus> {
    return this.#runs.get(nameOf(task), id);
  }

  /** Where a run stands when it has ended, when the time is up, or the signal is aborted. @throws NOT_FOUND */
  async wait(task: TaskOrName, id: string, { timeoutMs, signal }: WaitForRun): Promise<TaskStatus> {
    requireTimeout(timeoutMs);
    let last: TaskStatus | null = null;
    for await (const status of this.#follow(nameOf(task), id, signal, timeoutMs)) last = status;
    return last!;
  }

  /** Where a run stands, again at each change, up to its end or the signal. @throws NOT_FOUND */
  async *watch(
    task: TaskOrName,
    id: string,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<TaskStatus, void> {
    let told = "";
    for await (const status of this.#follow(nameOf(task), id, signal)) {
      const text = JSON.stringify(status);
      if (text === told) continue;
      told = text;
      yield status;
    }
  }

  /** What the handler has noted, the oldest line first. @throws NOT_FOUND */
  logs(task: TaskOrName, id: string): Promise<TaskLogs> {
    return this.#runs.logs(nameOf(task), id);
  }

  /** Wants a run no more; see `RunVerbs.cancel`. Safe to repeat. @throws NOT_FOUND, TASK_STATE when it has ended */
  cancel(task: TaskOrName, id: string): Promise<void> {
    return this.#runs.cancel(nameOf(task), id);
  }

  /** Carries out a failed run again, with all its attempts. @throws NOT_FOUND, TASK_STATE */
  retry(task: TaskOrName, id: string): Promise<void> {
    return this.#runs.retry(nameOf(task), id);
  }

  /** Forgets a run, and those that it waits for. @throws NOT_FOUND, TASK_STATE while a worker has one of them */
  remove(task: TaskOrName, id: string): Promise<void> {
    return this.#runs.remove(nameOf(task), id);
  }

  /** Workers begin no run of the task until `resume`; those that they have they end. */
  async pause(task: TaskOrName): Promise<void> {
    const { name } = await this.#definitions.find(nameOf(task));
    await this.#book.answer(this.#queues.of(name).pause());
  }

  async resume(task: TaskOrName): Promise<void> {
    const { name } = await this.#definitions.find(nameOf(task));
    await this.#book.answer(this.#queues.of(name).resume());
  }

  /** The tasks that this process or a worker has defined, by name. */
  async list(): Promise<{ readonly name: string }[]> {
    return (await this.#definitions.names()).map((name) => ({ name }));
  }

  /** A task, and how many of its runs stand where. */
  async describe(task: TaskOrName): Promise<TaskDescription> {
    return describeQueue(this.#queues, this.#book, await this.#definitions.find(nameOf(task)));
  }

  /** The runs of a task that are in one state, page by page. @throws INVALID, TASK_NOT_FOUND */
  async runs(task: TaskOrName, query: RunsQuery): Promise<RunPage> {
    return listRuns(this.#queues, this.#book, await this.#definitions.find(nameOf(task)), query);
  }

  /** Makes the definitions of this process known, as workers do when they start. */
  publishDefinitions(): Promise<void> {
    return publishTasks(this.#book, this.#tasks);
  }

  /** Waits for what is under way and ends what was opened here. The caller's connection stays. */
  async close(): Promise<void> {
    await this.#enqueuer.settled();
    await this.#watch?.close();
    await this.#queues.close();
    await this.#ownEngine?.stop();
  }

  #follow(task: string, id: string, signal?: AbortSignal, timeoutMs?: number) {
    const look = () => this.#runs.get(task, id);
    return followRun({ task, id, look, watch: this.#watch, signal, timeoutMs });
  }
}

/** In a span where an SDK is installed. */
function traced<Made>(
  task: TaskOrName | undefined,
  runs: number | null,
  trace: TraceContext | null,
  enqueue: (trace: TraceContext | null) => Promise<Made>,
): Promise<Made> {
  const tracer = activeTracer();
  // What names no task is refused inside.
  if (tracer === null || task === undefined) return enqueue(trace);
  return traceEnqueue(tracer, nameOf(task), runs, trace, enqueue);
}

function nameOf(task: TaskOrName): string {
  return typeof task === "string" ? task : task.name;
}

function requireTimeout(timeoutMs: number): void {
  if (timeoutMs >= 0 && timeoutMs <= limits.taskDelayMs) return;
  const details = { field: "timeoutMs", limit: timeoutMs < 0 ? 0 : limits.taskDelayMs };
  throw new TidegateError("INVALID", "timeoutMs must be a time in ms, from 0", details);
}

function hasFields(options: object): boolean {
  return Object.keys(options).length > 0;
}
