import { setTimeout as sleep } from "node:timers/promises";
import {
  type Job,
  type JobJson,
  type Processor,
  UnrecoverableError,
  WaitingError,
  Worker,
  type WorkerOptions,
} from "bullmq";
import type { JobData } from "../job/job-data.ts";
import type { TaskRedis } from "../job/task-redis.ts";
import { JobError, thrownFailure } from "./failure.ts";

/** What Redis answers when it can do something later: not the run's fault. */
const laterAnswers = /^(OOM|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|BUSY)\b/;
/** BullMQ's numbers for a job that this worker does not hold any more. */
const lostCodes: ReadonlySet<unknown> = new Set([-1, -2, -3, -6]);
const laterMs = 500;
/** BullMQ blocks for no longer. */
const farMs = 10_000;

export type JobProcessor = (job: Job<JobData>, token: string) => Promise<unknown>;

/**
 * BullMQ's worker, less three habits: a parent whose child has failed is ended behind the back of who calls back; what Redis answers to
 * the end of a run counts as the run's own failure; and while Redis refuses, it is asked as fast as it answers.
 */
export class JobWorker extends Worker<JobData> {
  readonly #deferred = new WeakMap<Job, string>();
  readonly #connection: TaskRedis;
  readonly #marker: string;
  readonly #lockMs: number;
  readonly #onLost: (id: string) => void;
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string, process: JobProcessor, options: WorkerOptions, onLost: (id: string) => void) {
    // Two parameters: with a third BullMQ would make a signal for each run.
    const processor: Processor<JobData> = (job, token) => process(job, token!);
    super(name, processor, { ...options, autorun: false });
    this.#connection = options.connection as unknown as TaskRedis;
    this.#marker = this.toKey("marker");
    this.#lockMs = options.lockDuration!;
    this.#onLost = onLost;
  }

  /** Why a job must fail without being run: a child has failed. */
  deferredFailure(job: Job): string | undefined {
    return this.#deferred.get(job);
  }

  /**
   * BullMQ lets its wait for what is due next end by Redis's time-out, which an idle Redis looks at ten times a second. So a marker
   * is set when the time has come, as BullMQ sets one for what waits; it wakes this worker, or another that does the same.
   */
  protected override getBlockTimeout(blockUntil: number): number {
    clearTimeout(this.#due);
    const inMs = blockUntil - Date.now();
    if (blockUntil > 0 && inMs < farMs) this.#due = setTimeout(this.#wake, Math.max(1, inMs + 1));
    return super.getBlockTimeout(blockUntil);
  }

  readonly #wake = (): void => {
    if (this.closing) return;
    // Without it the time-out comes a little later.
    this.#connection.callBuffer("ZADD", this.#marker, 0, "0").catch(() => {});
  };

  /** Ends its timers: behind a close, or where that waits for a Redis that is away. */
  endTimers(): void {
    clearTimeout(this.#due);
    void this.lockManager.close();
  }

  protected override createJob(data: JobJson, id: string): Job<JobData> {
    const job = super.createJob(data, id);
    if (job.deferredFailure) {
      this.#deferred.set(job, job.deferredFailure);
      job.deferredFailure = "";
    }
    return job;
  }

  protected override async moveToActive(token: string, name?: string): Promise<Job<JobData>> {
    clearTimeout(this.#due);
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      if (!this.closing) await sleep(laterMs);
      throw error;
    }
  }

  protected override async handleFailed(
    error: Error,
    job: Job<JobData>,
    token: string,
    fetchNext?: () => boolean,
  ): Promise<Job<JobData>> {
    const nothing = undefined as unknown as Job<JobData>;
    try {
      if (isOurs(error)) return await this.#insist(() => super.handleFailed(error, job, token, fetchNext));
      // What Redis answers to the end of a run that has completed.
      if (isLater(error)) {
        await sleep(laterMs);
        const output = outputOf(job);
        return await this.#insist(() => super.handleCompleted(output, job, token, fetchNext));
      }
      if (isLost(error)) throw error;
      const told = new JobError(thrownFailure(error), 0);
      return await this.#insist(() => super.handleFailed(told, job, token, fetchNext));
    } catch (refused) {
      if (isLost(refused)) this.#onLost(job.id!);
      // Then the run comes again, as that of a worker that was lost.
      else if (isLater(refused)) this.emit("error", refused as Error);
      else throw refused;
      return nothing;
    }
  }

  /** Repeats what Redis will do later, as long as the job's lock may last. */
  async #insist<T>(call: () => Promise<T>): Promise<T> {
    const until = Date.now() + this.#lockMs / 2;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!isLater(error) || Date.now() > until) throw error;
        await sleep(laterMs);
      }
    }
  }
}

const outputs = Symbol("output");

/** Keeps what a run has returned with its job: where Redis refuses its end, that is tried again. */
export function keepOutput(job: Job, output: unknown): void {
  (job as Job & { [outputs]?: unknown })[outputs] = output;
}

function outputOf(job: Job): unknown {
  return (job as Job & { [outputs]?: unknown })[outputs] ?? null;
}

/** Whether another has the run. */
function isLost(error: unknown): boolean {
  return lostCodes.has((error as { code?: unknown }).code);
}

function isOurs(error: Error): boolean {
  return error instanceof JobError || error instanceof UnrecoverableError || error instanceof WaitingError;
}

function isLater(error: unknown): boolean {
  return error instanceof Error && !isOurs(error) && laterAnswers.test(error.message);
}
