import {
  type Enqueued,
  type EnqueuedFlow,
  isTaskOver,
  type RunPage,
  type RunState,
  type TaskDescription,
  type TaskList,
  type TaskLogs,
  type TaskStatus,
  TidegateError,
} from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "../http.ts";
import { deleteOnce } from "../topics.ts";
import { type WatchOptions, watchStates } from "../watch-states.ts";
import { type EnqueueOptions, enqueue, enqueueFlow, enqueueMany, type Flow, type Run } from "./enqueue.ts";
import { FailedTasks } from "./failed-tasks.ts";
import { type InputOf, nameOf, type OutputOf, type TaskLike } from "./task-like.ts";
import { TaskSchedules } from "./task-schedules.ts";
import { getRun, outputOf, type RunQuery, type WaitOptions, waitForRun } from "./wait-for-run.ts";

/** Which runs are listed. */
export interface RunsQuery {
  state: RunState;
  /** Go on at this place of the list: the `next` of the page before. */
  from?: number;
  limit?: number;
}

/** Tasks, given by their definition, which types input and output, or by their name. */
export class Tasks {
  readonly failed: FailedTasks;
  readonly schedules: TaskSchedules;
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
    this.failed = new FailedTasks(http);
    this.schedules = new TaskSchedules(http);
  }

  /** Enqueues a run. Throws TASK_NOT_FOUND; INVALID with the field of the input. */
  enqueue<Task extends TaskLike | string>(
    task: Task | string,
    input: InputOf<Task>,
    options: EnqueueOptions = {},
  ): Promise<Enqueued> {
    return enqueue(this.#http, task, input, options);
  }

  /** Enqueues up to 1,000 runs: all of them, or none. */
  enqueueMany<Task extends TaskLike | string>(
    task: Task | string,
    runs: readonly Run<InputOf<Task>>[],
    options: CallOptions & { idempotent?: boolean } = {},
  ): Promise<Enqueued[]> {
    return enqueueMany(this.#http, task, runs, options);
  }

  /** Enqueues a tree of runs, each of which starts when its children have ended: all of them, or none. */
  enqueueFlow(flow: Flow, options: CallOptions & { idempotent?: boolean } = {}): Promise<EnqueuedFlow> {
    return enqueueFlow(this.#http, flow, options);
  }

  /** Enqueues a run and waits for its output. Throws TASK_FAILED; REPLY_TIMEOUT when the time is up, and the run goes on. */
  async enqueueAndWait<Task extends TaskLike | string>(
    task: Task | string,
    input: InputOf<Task>,
    options: EnqueueOptions = {},
  ): Promise<OutputOf<Task>> {
    const { timeoutMs = 30_000, signal } = options;
    const deadline = Date.now() + timeoutMs;
    const { id } = await this.enqueue(task, input, { ...options, timeoutMs });
    const left = Math.max(1, deadline - Date.now());
    const status = await waitForRun(this.#http, nameOf(task), id, {
      timeoutMs: left,
      ...(signal && { signal }),
    });
    return outputOf(status) as OutputOf<Task>;
  }

  /** Where a run stands; with `waitMs`, when it has ended or the time is up. Throws NOT_FOUND. */
  get(task: TaskLike | string, id: string, query?: RunQuery): Promise<TaskStatus> {
    return getRun(this.#http, nameOf(task), id, query);
  }

  /** Waits for a run's end, and tells where it stands then. Throws NOT_FOUND, REPLY_TIMEOUT. */
  wait(task: TaskLike | string, id: string, options?: WaitOptions): Promise<TaskStatus> {
    return waitForRun(this.#http, nameOf(task), id, options);
  }

  /** A run's states and its progress as they change, up to its end. Throws NOT_FOUND. */
  watch(
    task: TaskLike | string,
    id: string,
    options?: WatchOptions,
  ): AsyncGenerator<TaskStatus, void, undefined> {
    const path = pathOf("tasks", nameOf(task), id, "events");
    return watchStates<TaskStatus>(this.#http, path, ({ state }) => isTaskOver(state), options);
  }

  /** What the handler noted. */
  async logs(task: TaskLike | string, id: string, options: CallOptions = {}): Promise<TaskLogs> {
    const path = pathOf("tasks", nameOf(task), id, "logs");
    return (await this.#http.send<TaskLogs>({ method: "GET", path, repeatable: true, fresh: true }, options))
      .body;
  }

  /** Lets a run end, whether it waits or runs. Throws TASK_STATE when it has ended. */
  async cancel(task: TaskLike | string, id: string, options: CallOptions = {}): Promise<void> {
    await this.#act([nameOf(task), id, "cancel"], options);
  }

  /** Lets a failed run begin anew. Throws TASK_STATE for any other. */
  async retry(task: TaskLike | string, id: string, options: CallOptions = {}): Promise<void> {
    try {
      await this.#act([nameOf(task), id, "retry"], options);
    } catch (error) {
      // An attempt whose answer was lost has done it.
      const repeated = error instanceof TidegateError && Number(error.details.attempts) > 1;
      if (!repeated || error.code !== "TASK_STATE") throw error;
    }
  }

  /** Forgets a run that is not running. */
  async remove(task: TaskLike | string, id: string, options: CallOptions = {}): Promise<void> {
    const path = pathOf("tasks", nameOf(task), id);
    await deleteOnce(this.#http.send({ method: "DELETE", path, repeatable: true }, options), "NOT_FOUND");
  }

  /** The names of the tasks that workers have made known. */
  async list(options: CallOptions = {}): Promise<string[]> {
    const call = { method: "GET", path: "tasks", repeatable: true } as const;
    return (await this.#http.send<TaskList>(call, options)).body.tasks.map(({ name }) => name);
  }

  /** The schema of a task's input, and how many runs stand where. Throws TASK_NOT_FOUND. */
  async describe(task: TaskLike | string, options: CallOptions = {}): Promise<TaskDescription> {
    const path = pathOf("tasks", nameOf(task));
    return (await this.#http.send<TaskDescription>({ method: "GET", path, repeatable: true }, options)).body;
  }

  /** The runs of a task that are in one state, page by page. What moves on meanwhile may be told twice, or not at all. */
  async runs(task: TaskLike | string, query: RunsQuery, options: CallOptions = {}): Promise<RunPage> {
    const path = pathOf("tasks", nameOf(task), "runs");
    const call = { method: "GET", path, query: { ...query }, repeatable: true, fresh: true } as const;
    return (await this.#http.send<RunPage>(call, options)).body;
  }

  /** Lets no run begin until the task is resumed. */
  async pause(task: TaskLike | string, options: CallOptions = {}): Promise<void> {
    await this.#act([nameOf(task), "pause"], options);
  }

  /** Lets runs begin again. */
  async resume(task: TaskLike | string, options: CallOptions = {}): Promise<void> {
    await this.#act([nameOf(task), "resume"], options);
  }

  async #act(parts: readonly string[], options: CallOptions): Promise<void> {
    await this.#http.send({ method: "POST", path: pathOf("tasks", ...parts), repeatable: true }, options);
  }
}
