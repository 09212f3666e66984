import type { Enqueued, EnqueuedBatch, EnqueuedFlow, TaskFlow, TaskOptions } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "../http.ts";
import { makeNonce } from "../nonce.ts";
import { type InputOf, nameOf, type TaskLike } from "./task-like.ts";

/** How a run is enqueued, besides its input. */
export interface RunOptions extends Omit<TaskOptions, "runAt"> {
  runAt?: number | string | Date;
}

/** What an enqueue takes besides. */
export interface EnqueueOptions extends CallOptions, RunOptions {
  /** Whether a run without an id gets one here, so that the call can be repeated. Default true. */
  idempotent?: boolean;
}

/** One run of several. */
export interface Run<Input> extends RunOptions {
  input: Input;
}

/** A run with those that it waits for. */
export interface Flow extends Omit<TaskFlow, "task" | "children" | "runAt"> {
  task: TaskLike | string;
  runAt?: number | string | Date;
  children?: readonly Flow[];
}

/** Enqueues a run; see `Tasks.enqueue`. */
export async function enqueue<Task extends TaskLike | string>(
  http: Http,
  task: Task | string,
  input: InputOf<Task>,
  options: EnqueueOptions,
): Promise<Enqueued> {
  const { signal, timeoutMs, idempotent = true, ...run } = options;
  const json = toWire({ ...run, input }, idempotent);
  const { body } = await http.send<Enqueued>(
    {
      method: "POST",
      path: pathOf("tasks", nameOf(task)),
      json,
      repeatable: json.id !== undefined,
      traced: { operation: "send", destination: nameOf(task) },
    },
    callOptions(signal, timeoutMs),
  );
  return run.id === undefined ? withoutOwn(body, json.id) : body;
}

/** Enqueues several runs; see `Tasks.enqueueMany`. */
export async function enqueueMany<Task extends TaskLike | string>(
  http: Http,
  task: Task | string,
  runs: readonly Run<InputOf<Task>>[],
  { idempotent = true, ...options }: CallOptions & { idempotent?: boolean },
): Promise<Enqueued[]> {
  const tasks = runs.map((run) => toWire(run, idempotent));
  const { body } = await http.send<EnqueuedBatch>(
    {
      method: "POST",
      path: pathOf("tasks", nameOf(task), "batch"),
      json: { tasks },
      repeatable: tasks.every(({ id }) => id !== undefined),
      traced: { operation: "send", destination: nameOf(task), messages: tasks.map(() => ({})) },
    },
    options,
  );
  return body.tasks.map((one, index) =>
    runs[index]?.id === undefined ? withoutOwn(one, tasks[index]?.id) : one,
  );
}

/** Enqueues a tree of runs; see `Tasks.enqueueFlow`. */
export async function enqueueFlow(
  http: Http,
  flow: Flow,
  { idempotent = true, ...options }: CallOptions & { idempotent?: boolean },
): Promise<EnqueuedFlow> {
  const json = flowToWire(flow, idempotent);
  const call = {
    method: "POST",
    path: "task-flows",
    json,
    repeatable: json.id !== undefined,
    traced: { operation: "send", destination: json.task },
  } as const;
  return (await http.send<EnqueuedFlow>(call, options)).body;
}

/** A call's first attempt, of which the answer was lost, is no other enqueue. */
function withoutOwn({ id, ...rest }: Enqueued, own: string | undefined): Enqueued {
  return id === own ? { id } : { id, ...rest };
}

function toWire<Input>(run: Run<Input>, named: boolean): Omit<Run<Input>, "runAt"> & TaskOptions {
  const { runAt, ...rest } = run;
  return {
    ...rest,
    ...(runAt !== undefined && { runAt: runAt instanceof Date ? runAt.getTime() : runAt }),
    ...(named && { id: run.id ?? newId() }),
  };
}

/** Under the id of the root the server gives those below it ids of their places. */
function flowToWire({ task, children, ...run }: Flow, named: boolean): TaskFlow {
  const list = children?.map((child) => flowToWire(child, false));
  return { ...toWire(run, named), task: nameOf(task), ...(list !== undefined && { children: list }) };
}

/** A letter in front: digits alone are no id. */
function newId(): string {
  return `c${makeNonce()}`;
}

function callOptions(signal: AbortSignal | undefined, timeoutMs: number | undefined): CallOptions {
  return { ...(signal !== undefined && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
}
