import { setTimeout as sleep } from "node:timers/promises";
import { Engine } from "@tidegate/core";
import type { AnyTask } from "../define/define-task.ts";
import { publishTasks } from "../define/published-task.ts";
import { HttpTasks } from "../http-tasks/http-tasks.ts";
import type { TaskRedis } from "../job/task-redis.ts";
import { reconcileSchedules } from "../schedules/reconcile.ts";
import { Callbacks } from "./callbacks.ts";
import { CancelWatch } from "./cancel-watch.ts";
import { type OnTaskEvent, safely } from "./events.ts";
import type { RunTasksSettings } from "./run-tasks-options.ts";
import { ServedTask } from "./served-task.ts";
import { workerConnection } from "./worker-connection.ts";

/** Behind the abort of their signals handlers have a second; then what Redis has not answered is given up after so long. */
const giveUpMs = 5_000;

/** Carries out tasks; made by `runTasks`. */
export class TaskWorker {
  /** Resolves when runs are taken, or a stop came first. Never rejects: while Redis is away it waits. */
  readonly ready: Promise<void>;
  readonly #engine: Engine;
  readonly #ownsEngine: boolean;
  readonly #connection: TaskRedis;
  readonly #tasks: ServedTask[];
  readonly #watch: CancelWatch;
  readonly #onEvent: OnTaskEvent;
  readonly #stopTimeoutMs: number;
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  #stopped: Promise<void> | null = null;
  #deadline = new AbortController();

  constructor(definitions: readonly AnyTask[], settings: RunTasksSettings) {
    const { redis, namespace, engine, callbacks, lockMs } = settings;
    this.#onEvent = safely(settings.onEvent);
    this.#stopTimeoutMs = settings.stopTimeoutMs;
    this.#ownsEngine = engine === undefined;
    this.#engine = engine ?? new Engine({ redis, namespace });
    this.#connection = workerConnection(redis);
    const place = {
      engine: this.#engine,
      callbacks: new Callbacks(callbacks ?? new HttpTasks({ engine: this.#engine }).callbacks, this.#onEvent),
      onEvent: this.#onEvent,
      hurry: this.#hurry.signal,
    };
    const queue = { connection: this.#connection, lockMs };
    this.#tasks = [];
    this.#watch = new CancelWatch(this.#engine.taskBook.cancelled, this.#tasks, this.#onEvent);
    for (const definition of definitions)
      this.#tasks.push(new ServedTask(definition, place, queue, this.#watch));
    this.ready = this.#start(definitions);
  }

  /**
   * Takes no more runs and waits for those that are under way; after `timeoutMs` aborts their signals, and gives back what has not ended
   * a second later, without an attempt spent. Idempotent: an earlier deadline of a further call counts.
   */
  stop({ timeoutMs = this.#stopTimeoutMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#stopped ??= this.#end();
    const timer = setTimeout(() => this.#deadline.abort(), timeoutMs);
    return this.#stopped.finally(() => clearTimeout(timer));
  }

  async #start(definitions: readonly AnyTask[]): Promise<void> {
    const { taskBook } = this.#engine;
    const published = this.#insist(async () => {
      await publishTasks(taskBook, definitions);
      await reconcileSchedules(this.#connection, taskBook, definitions);
    });
    await Promise.all(
      this.#tasks.map(async (task) => {
        await this.#insist(() => task.setLimits());
        if (this.#stop.signal.aborted) return;
        task.run();
        this.#watch.start();
      }),
    );
    await published;
  }

  /** Repeats a call until it succeeds or a stop comes. */
  async #insist(call: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#stop;
    for (let pauseMs = 100; !signal.aborted; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      const calling = call();
      try {
        // A stop need not wait for what Redis does not answer.
        if (await endsBefore(calling, signal)) return void (await calling);
      } catch (error) {
        this.#onEvent({ type: "error", error });
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    const closed = Promise.all(this.#tasks.map((task) => task.close()));
    if (!(await endsBefore(closed, this.#deadline.signal))) {
      this.#hurry.abort();
      for (const task of this.#tasks) task.interrupt();
      // While Redis is away what BullMQ waits for may never come: a client that is told to disconnect between two tries says no more.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), giveUpMs);
      const ended = await endsBefore(closed, late.signal);
      clearTimeout(timer);
      if (!ended) for (const task of this.#tasks) task.abandon();
    }
    this.#watch.stop();
    if (this.#ownsEngine) await this.#engine.stop();
    this.#connection.disconnect();
  }
}

/** Whether a promise is settled before a signal is aborted. */
function endsBefore(promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const late = () => resolve(false);
    signal.addEventListener("abort", late, { once: true });
    const done = () => {
      signal.removeEventListener("abort", late);
      resolve(true);
    };
    promise.then(done, done);
  });
}
