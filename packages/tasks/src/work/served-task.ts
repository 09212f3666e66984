import type { Job, WorkerOptions } from "bullmq";
import type { AnyTask } from "../define/define-task.ts";
import type { JobData } from "../job/job-data.ts";
import { keptJobs } from "../job/job-options.ts";
import { parseReason, taskErrorNames } from "../job/task-error.ts";
import type { TaskRedis } from "../job/task-redis.ts";
import type { CancelWatch } from "./cancel-watch.ts";
import { JobError } from "./failure.ts";
import { JobWorker } from "./job-worker.ts";
import { Runner, type Workplace } from "./runner.ts";

/** Where a task's queue lies, and how long its locks last. */
export interface QueueSettings {
  /** Shared by whatever does not block. */
  readonly connection: TaskRedis;
  readonly lockMs: number;
}

/** One task that this process serves: its queue's worker, and what runs. */
export class ServedTask {
  readonly task: string;
  readonly #runner: Runner;
  readonly #worker: JobWorker;
  readonly #definition: AnyTask;
  readonly #place: Workplace;
  #closing = false;

  constructor(definition: AnyTask, place: Workplace, queue: QueueSettings, watch: CancelWatch) {
    this.task = definition.name;
    this.#definition = definition;
    this.#place = place;
    this.#runner = new Runner(definition, place, watch);
    const options = workerOptions(definition, place, queue);
    this.#worker = new JobWorker(definition.name, this.#runner.process, options, (id) => this.#lost(id));
    this.#runner.serve(this.#worker);
    this.#listen();
  }

  /** What runs here, by id. */
  get running() {
    return this.#runner.running;
  }

  /** Sets what holds over all processes. The last who does so is right. */
  async setLimits(): Promise<void> {
    const { totalConcurrency } = this.#definition.settings;
    const backend = this.#worker.getBackend();
    if (totalConcurrency === null) await backend.removeQueueMetaFields(["concurrency"]);
    else await backend.setQueueMeta({ concurrency: totalConcurrency });
  }

  /** Begins to take runs. */
  run(): void {
    this.#worker.run().catch((error) => this.#tellError(error));
  }

  /** Takes no more, and resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#runner.stopping();
    await this.#worker.close();
    this.abandon();
  }

  /** Aborts what runs. */
  interrupt(): void {
    for (const attempt of this.#runner.running.values()) attempt.interrupt("stopped");
  }

  /** Times nothing any more, and waits for nothing. */
  abandon(): void {
    this.#worker.endTimers();
    this.#runner.stopped();
  }

  #listen(): void {
    const { onEvent } = this.#place;
    const { task } = this;
    const worker = this.#worker;
    worker.on("error", (error) => this.#tellError(error));
    worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids) this.#runner.running.get(id)?.interrupt("lost");
    });
    worker.on("stalled", (id) => onEvent({ type: "stalled", task, id }));
    worker.on("completed", (job) => {
      const ms = (job.finishedOn ?? 0) - (job.processedOn ?? 0);
      onEvent({ type: "completed", task, id: job.id!, ms });
    });
    worker.on("failed", (job) => {
      if (job !== undefined) this.#tellFailed(job);
    });
  }

  #tellFailed(job: Job<JobData>): void {
    const error = parseReason(job.failedReason);
    const name = { task: this.task, id: job.id! };
    const ended = job.finishedOn !== undefined;
    if (ended && error.name === taskErrorNames.cancelled) this.#place.onEvent({ type: "cancelled", ...name });
    else this.#place.onEvent({ type: "failed", ...name, becomes: ended ? "failed" : "retry", error });
  }

  #lost(id: string): void {
    this.#place.onEvent({ type: "lost", task: this.task, id });
  }

  #tellError(error: unknown): void {
    // A stop cuts off what waits for Redis.
    if (this.#closing && error instanceof Error && error.message === "Connection is closed.") return;
    // Each is told as a run that was lost, when it ends.
    if (error instanceof Error && error.message.startsWith("could not renew lock")) return;
    this.#place.onEvent({ type: "error", task: this.task, error });
  }
}

function workerOptions(
  { settings }: AnyTask,
  { engine }: Workplace,
  { connection, lockMs }: QueueSettings,
): WorkerOptions {
  return {
    connection: connection as unknown as WorkerOptions["connection"],
    prefix: engine.taskBook.queuePrefix,
    concurrency: settings.concurrency,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    // The runner counts lost attempts with those that failed.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 1_000,
    ...keptJobs(settings.keep),
    ...(settings.rate !== null && {
      limiter: { max: settings.rate.limit, duration: settings.rate.intervalMs },
    }),
    settings: {
      backoffStrategy: (_attempt, _type, error) => (error instanceof JobError ? error.delayMs : 0),
    },
  };
}
