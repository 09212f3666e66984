import {
  type Enqueued,
  type EnqueueRequest,
  limits,
  type TaskOptions,
  TidegateError,
} from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { TraceContext } from "@tidegate/tracing";
import { addAll, addSingles } from "./add-plain-runs.ts";
import type { Added } from "./add-runs.ts";
import type { Definitions } from "./definitions.ts";
import { Gatherer } from "./gatherer.ts";
import type { KnownTask } from "./known-task.ts";
import { type NewRun, newRun, requireBytes, requireCount } from "./new-run.ts";
import type { Queues } from "./queues.ts";

/** How often a debounce follows a run that another moves at the same time. */
const mostMoves = 5;

/** Enqueues runs: those of single callers together, those of one call all or none. */
export class Enqueuer {
  readonly #queues: Queues;
  readonly #book: TaskBook;
  readonly #definitions: Definitions;
  readonly #gatherer: Gatherer<Added>;

  constructor(queues: Queues, book: TaskBook, definitions: Definitions, timeoutMs: number) {
    this.#queues = queues;
    this.#book = book;
    this.#definitions = definitions;
    this.#gatherer = new Gatherer((runs) => addSingles(queues, book, runs), timeoutMs);
  }

  /** Enqueues one run; with others that are enqueued at the same time in one call to Redis. */
  async one(
    task: string,
    input: unknown,
    options: TaskOptions | undefined,
    trace: TraceContext | null,
  ): Promise<Enqueued> {
    const found = this.#definitions.find(task);
    const made = newRun(found instanceof Promise ? await found : found, input, options, "", trace);
    const run = made instanceof Promise ? await made : made;
    const added = settled(await this.#gatherer.add(run));
    if (run.debounced && added.duplicate) return this.#moveWaiting(run, added.id);
    return added;
  }

  /** Enqueues runs of one task, all or none. */
  async many(
    task: string,
    requests: readonly EnqueueRequest[],
    trace: TraceContext | null,
  ): Promise<Enqueued[]> {
    requireCount("tasks", requests.length, limits.tasksAtATime);
    const known = await this.#definitions.find(task);
    const runs = await makeAll(known, requests, trace);
    requireBytes("tasks", runs);
    const added = (await addAll(this.#queues, this.#book, task, runs)).map(settled);
    for (const [index, run] of runs.entries()) {
      const { id, duplicate } = added[index]!;
      if (run.debounced && duplicate) added[index] = await this.#moveWaiting(run, id);
    }
    return added;
  }

  /** Waits for what is under way. */
  settled(): Promise<void> {
    return this.#gatherer.settled();
  }

  /**
   * BullMQ moves a debounced run while it is delayed, and keeps the last input while one runs; one that is due and waits for a worker
   * it would carry out with the older input. So that one gives up its key, the new run takes it, and then the old one goes, unless a
   * worker was faster. Whoever dies in between leaves both: the older input is not lost before the newer is there.
   */
  async #moveWaiting(run: NewRun, current: string): Promise<Enqueued> {
    let former = current;
    for (let moves = 0; moves < mostMoves; moves += 1) {
      const { state } = await this.#book.runs.read({ task: run.task, id: former });
      // Running: the input is kept for a run after this one.
      if (state === "running") break;
      const backend = this.#queues.of(run.task).getBackend();
      if (state === "waiting")
        await this.#book.answer(backend.removeDeduplicationKey(run.job.deduplicationId!, former));
      const added = settled((await addAll(this.#queues, this.#book, run.task, [run]))[0]!);
      if (!added.duplicate) {
        if (state === "waiting")
          await this.#book.answer(backend.remove(former, false), () => true).catch(() => {});
        return added;
      }
      former = added.id;
    }
    return { id: former, duplicate: true };
  }
}

/** At once, but for those whose schema takes its time. */
function makeAll(
  known: KnownTask,
  requests: readonly EnqueueRequest[],
  trace: TraceContext | null,
): NewRun[] | Promise<NewRun[]> {
  const made: (NewRun | Promise<NewRun>)[] = [];
  let later = false;
  try {
    for (const [index, request] of requests.entries()) {
      const run = makeOne(known, request, index, trace);
      later ||= run instanceof Promise;
      made.push(run);
    }
  } catch (error) {
    // What others still come to interests nobody any more.
    for (const run of made) if (run instanceof Promise) run.catch(() => {});
    throw error;
  }
  return later ? Promise.all(made) : (made as NewRun[]);
}

function makeOne(
  known: KnownTask,
  request: EnqueueRequest,
  index: number,
  trace: TraceContext | null,
): NewRun | Promise<NewRun> {
  if (typeof request !== "object" || request === null)
    throw new TidegateError("INVALID", `tasks[${index}] must be an object`, { field: `tasks[${index}]` });
  // Most have an input alone.
  for (const name in request) if (name !== "input") return withOptions(known, request, index, trace);
  return newRun(known, request.input, undefined, index, trace);
}

function withOptions(
  known: KnownTask,
  { input, ...options }: EnqueueRequest,
  index: number,
  trace: TraceContext | null,
) {
  return newRun(known, input, options, index, trace);
}

function settled(added: Added): Enqueued {
  if (added instanceof TidegateError) throw added;
  return added;
}
