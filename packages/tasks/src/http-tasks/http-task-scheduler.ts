import { TidegateError } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";
import { type Job, UnrecoverableError, Worker } from "bullmq";
import type { TaskRedis } from "../job/task-redis.ts";
import { workerConnection } from "../work/worker-connection.ts";
import { callOf, httpScheduleQueue } from "./http-schedules.ts";
import { HttpTasks } from "./http-tasks.ts";

/** Times that are carried out at once. */
const concurrency = 20;
/** With no schedule it asks Redis so seldom; the first one that is set ends the wait. */
const idleBlockS = 50;
/** How long a stop waits for Redis. */
const closeMs = 5_000;

/** What happens to schedules, for logs. */
export type SchedulerEvent =
  | { readonly type: "planned"; readonly schedule: string; readonly plannedAt: number; readonly id: string }
  /** A time that came to nothing. */
  | { readonly type: "lost"; readonly schedule: string; readonly plannedAt: number; readonly error: Error }
  | { readonly type: "error"; readonly error: Error };

/** How a scheduler is set up. */
export interface HttpTaskSchedulerOptions {
  readonly engine: Engine;
  /** The connected client; the scheduler duplicates it and never ends it. */
  readonly redis: TaskRedis;
  /** How long a process that died keeps a time to itself. Default 30,000. */
  readonly lockMs?: number | undefined;
  readonly onEvent?: ((event: SchedulerEvent) => void) | undefined;
}

/**
 * Enqueues the calls of schedules as their times come, with any number of others beside it: a time has one job, and its call one
 * idempotency key, so it comes once. A time that nobody was there for comes late, once; others that were missed do not.
 */
export class HttpTaskScheduler {
  readonly #options: HttpTaskSchedulerOptions;
  readonly #tasks: HttpTasks;
  #running: { readonly worker: Worker; readonly connection: TaskRedis } | null = null;

  constructor(options: HttpTaskSchedulerOptions) {
    this.#options = options;
    this.#tasks = new HttpTasks(options);
  }

  /** Begins, and waits for Redis by itself while it is away. Does nothing when it was started already. */
  start(): void {
    if (this.#running !== null) return;
    const connection = workerConnection(this.#options.redis);
    const worker = new Worker(httpScheduleQueue, (job) => this.#carryOut(job), {
      connection,
      prefix: this.#options.engine.taskBook.queuePrefix,
      concurrency,
      lockDuration: this.#options.lockMs ?? 30_000,
      stalledInterval: this.#options.lockMs ?? 30_000,
      // A process that dies has done nothing that would be done twice.
      maxStalledCount: 1_000,
      drainDelay: idleBlockS,
    });
    worker.on("error", (error) => this.#tell({ type: "error", error }));
    worker.on("failed", (job, error) => {
      const plan = job && planOf(job);
      if (plan && isOver(job, error)) this.#tell({ type: "lost", ...plan, error });
    });
    this.#running = { worker, connection };
    this.#tasks.schedules.reconcile().catch((error: Error) => this.#tell({ type: "error", error }));
  }

  /** Waits for what is under way. Idempotent; legal before start. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (running === null) return;
    const { worker, connection } = running;
    const closed = worker.close().catch((error: Error) => this.#tell({ type: "error", error }));
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, closeMs).unref())]);
    (connection as unknown as { disconnect(): void }).disconnect();
    await this.#tasks.close();
  }

  async #carryOut(job: Job): Promise<void> {
    const plan = planOf(job);
    if (plan === null) throw new UnrecoverableError(`${job.id} is of no schedule`);
    const { schedule, plannedAt } = plan;
    try {
      const { id } = await this.#tasks.enqueuePlanned(schedule, plannedAt, callOf(job.data));
      this.#tell({ type: "planned", schedule, plannedAt, id });
    } catch (error) {
      if (!(error instanceof TidegateError) || error.retryable) throw error;
      // Enqueued already, by a process that died before it could say so.
      if (error.code !== "IDEMPOTENCY_CONFLICT") throw new UnrecoverableError(error.message);
    }
  }

  #tell(event: SchedulerEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch {
      // A listener must not end a schedule.
    }
  }
}

function isOver(job: Job, error: Error): boolean {
  return error instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1);
}

/** The schedule that a job is of, and the time that was planned for it: BullMQ names it by both. Null for one of none. */
function planOf(job: Job): { readonly schedule: string; readonly plannedAt: number } | null {
  const parts = /^repeat:([^:]+):(\d+)$/.exec(job.id ?? "");
  return parts && { schedule: parts[1]!, plannedAt: Number(parts[2]) };
}
