import { limits } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";
import { activeTracer, readTraceContext, traceRun } from "@tidegate/tracing";
import { Job, WaitingError } from "bullmq";
import type { AnyTask } from "../define/define-task.ts";
import type { JobData } from "../job/job-data.ts";
import type { FlowOptions } from "../job/job-options.ts";
import { parseReason, taskErrorNames } from "../job/task-error.ts";
import { Attempt, type AttemptEnd, type AttemptWitness } from "./attempt.ts";
import { attemptsBefore } from "./attempts.ts";
import { backoffMs } from "./back-off.ts";
import type { Callbacks } from "./callbacks.ts";
import type { CancelWatch } from "./cancel-watch.ts";
import { type Checked, checkValue } from "./check-value.ts";
import { Deadlines } from "./deadlines.ts";
import type { OnTaskEvent } from "./events.ts";
import { type Failure, finalError, JobError, ownFailure, thrownFailure } from "./failure.ts";
import { type JobWorker, keepOutput } from "./job-worker.ts";
import { jsonOf, RunContext, type RunGround } from "./run-context.ts";

/** What all runners of a process share. */
export interface Workplace {
  readonly engine: Engine;
  readonly callbacks: Callbacks;
  readonly onEvent: OnTaskEvent;
  /** Aborted when a stop has no more time: nothing is tried again then. */
  readonly hurry: AbortSignal;
}

/** Carries out the runs of one task: what its processor is to BullMQ. */
export class Runner {
  /** What runs here, by id. */
  readonly running = new Map<string, Attempt>();
  readonly #task: AnyTask;
  readonly #place: Workplace;
  readonly #watch: CancelWatch;
  readonly #deadlines = new Deadlines(this.running);
  readonly #ground: RunGround;
  readonly #witness: AttemptWitness;
  #worker: JobWorker | null = null;
  #stopping = false;

  constructor(task: AnyTask, place: Workplace, watch: CancelWatch) {
    this.#task = task;
    this.#place = place;
    this.#watch = watch;
    this.#witness = {
      begun: (attempt) => this.#begun(attempt),
      over: (attempt) => this.#over(attempt),
      abandoned: ({ id }) => place.onEvent({ type: "abandoned", task: task.name, id }),
    };
    const { engine } = place;
    this.#ground = {
      engine,
      queuePrefix: engine.taskBook.queuePrefix,
      addLog: (id, line, keep) => Job.addJobLog(this.#worker!, id, line, keep),
    };
  }

  serve(worker: JobWorker): void {
    this.#worker = worker;
  }

  /** What comes from now on is given back. */
  stopping(): void {
    this.#stopping = true;
  }

  /** Nothing is timed any more. */
  stopped(): void {
    this.#deadlines.stop();
  }

  readonly process = (job: Job<JobData>, token: string): Promise<unknown> => {
    const tracer = activeTracer();
    if (tracer === null) return this.#process(job, token);
    const { trace } = job.data;
    const run = {
      id: job.id!,
      attempt: attemptsBefore(job) + 1,
      context: readTraceContext(trace?.traceparent, trace?.tracestate),
    };
    return traceRun(tracer, this.#task.name, run, outcomeOf, () => this.#process(job, token));
  };

  /** Waits for nothing that is there at once: for short runs that would be most of what they cost. */
  async #process(job: Job<JobData>, token: string): Promise<unknown> {
    if (this.#stopping) return this.#release(job, token);
    const number = attemptsBefore(job) + 1;
    const refused = isLinked(job) && (await this.#isCancelled(job)) ? cancelled() : this.#refuse(job, number);
    if (refused !== null) return this.#fail(job, token, number, refused);
    let end: AttemptEnd;
    try {
      const checking = checkValue(this.#task.input, job.data.input, "input");
      const input = checking instanceof Promise ? await checking : checking;
      if (!input.ok)
        return this.#fail(job, token, number, ownFailure(taskErrorNames.inputInvalid, input.reason));
      const ending = this.#run(job, number, input.value);
      end = ending instanceof Promise ? await ending : ending;
    } catch (error) {
      // The schema's own code has thrown.
      return this.#fail(job, token, number, thrownFailure(error));
    }
    if (end.how === "threw") return this.#fail(job, token, number, thrownFailure(end.thrown));
    if (end.how === "returned") return this.#complete(job, token, number, end.value);
    switch (end.by) {
      case "stopped":
        return this.#release(job, token);
      case "lost":
        this.#place.onEvent({ type: "lost", task: this.#task.name, id: job.id! });
        throw new WaitingError();
      case "cancelled":
        return this.#fail(job, token, number, cancelled());
      case "timeout":
        return this.#fail(job, token, number, timedOut(this.#task.settings.timeoutMs));
    }
  }

  /** Why a run must not be begun; null when it may. */
  #refuse(job: Job<JobData>, number: number): Failure | null {
    const deferred = this.#worker!.deferredFailure(job);
    if (deferred !== undefined) {
      const { name, message } = parseReason(deferred);
      const prefix = `${this.#ground.queuePrefix}:`;
      return name === taskErrorNames.cancelled
        ? cancelled()
        : ownFailure(taskErrorNames.childFailed, message.replaceAll(prefix, ""));
    }
    if (number > attemptsOf(job))
      return ownFailure(taskErrorNames.workerLost, "The last worker that began it did not end it");
    return null;
  }

  async #isCancelled(job: Job<JobData>): Promise<boolean> {
    try {
      const name = { task: this.#task.name, id: job.id! };
      const [markedAt] = await this.#place.engine.taskBook.cancelled.markedAt([name]);
      return markedAt !== null;
    } catch {
      // Looked for again while it runs.
      return false;
    }
  }

  #run(job: Job<JobData>, number: number, input: unknown): AttemptEnd | Promise<AttemptEnd> {
    const { run, settings } = this.#task;
    const attempt = new Attempt(job.id!, settings.timeoutMs, this.#witness);
    return attempt.run(run!, input, new RunContext(job, attempt, number, this.#ground));
  }

  #begun(attempt: Attempt): void {
    const { id } = attempt;
    const former = this.running.get(id);
    if (former !== undefined) {
      // It was taken for dead here, and has come back here: behind the others, as the new one that it is.
      former.interrupt("lost");
      this.running.delete(id);
    }
    this.running.set(id, attempt);
    this.#deadlines.begun(attempt);
    this.#watch.begun();
  }

  #over(attempt: Attempt): void {
    if (this.running.get(attempt.id) === attempt) this.running.delete(attempt.id);
  }

  /** Ends a run whose handler has returned; at once where nothing needs time. */
  #complete(job: Job<JobData>, token: string, number: number, returned: unknown): unknown {
    if (this.#task.output === null) return this.#end(job, token, number, returned);
    const end = (checked: Checked): unknown =>
      checked.ok
        ? this.#end(job, token, number, checked.value)
        : this.#forbid(job, token, number, checked.reason);
    const fault = (thrown: unknown) => this.#forbid(job, token, number, thrownFailure(thrown).message);
    let checking: Checked | Promise<Checked>;
    try {
      checking = checkValue(this.#task.output, returned, "output");
    } catch (thrown) {
      return fault(thrown);
    }
    return checking instanceof Promise ? checking.then(end, fault) : end(checking);
  }

  #end(job: Job<JobData>, token: string, number: number, output: unknown): unknown {
    const text = jsonOf(output);
    if (text === null) return this.#forbid(job, token, number, "output is no JSON value");
    if (Buffer.byteLength(text) > limits.taskOutputBytes) {
      const reason = `output has more than ${limits.taskOutputBytes} bytes as JSON`;
      return this.#forbid(job, token, number, reason);
    }
    const { callbackUrl } = job.data;
    const value = output ?? null;
    keepOutput(job, value);
    return callbackUrl === undefined ? value : this.#endTold(job, token, number, value, callbackUrl);
  }

  async #endTold(job: Job<JobData>, token: string, number: number, output: unknown, url: string) {
    // As JSON has it.
    const shown: unknown = JSON.parse(jsonOf(output)!);
    const callback = { type: "task.completed", output: shown, error: null } as const;
    return (await this.#tell(job, url, number, callback)) ? output : this.#release(job, token);
  }

  #forbid(job: Job<JobData>, token: string, number: number, reason: string): Promise<never> {
    return this.#fail(job, token, number, ownFailure(taskErrorNames.outputInvalid, reason));
  }

  async #fail(job: Job<JobData>, token: string, number: number, failure: Failure): Promise<never> {
    const { name, message, thrown } = failure;
    if (!failure.final && number < attemptsOf(job))
      throw new JobError(failure, backoffMs(this.#task.settings.retry.backoff, number, thrown));
    const url = job.data.failureCallbackUrl;
    // Who cancelled it knows.
    if (url !== undefined && name !== taskErrorNames.cancelled) {
      const callback = { type: "task.failed", output: null, error: { name, message } } as const;
      if (!(await this.#tell(job, url, number, callback))) return this.#release(job, token);
    }
    throw finalError(failure);
  }

  #tell(
    job: Job<JobData>,
    url: string,
    number: number,
    end: {
      type: "task.completed" | "task.failed";
      output: unknown;
      error: { name: string; message: string } | null;
    },
  ): Promise<boolean> {
    const { callbacks, hurry } = this.#place;
    const attempts = Math.min(number, attemptsOf(job));
    return callbacks.publish(
      url,
      { ...end, task: this.#task.name, id: job.id!, attempts },
      job.data.life ?? 0,
      hurry,
    );
  }

  /** Gives a run back as if it had not been begun. */
  async #release(job: Job<JobData>, token: string): Promise<never> {
    const name = { task: this.#task.name, id: job.id! };
    try {
      await job.moveToWait(token);
      this.#place.onEvent({ type: "released", ...name });
    } catch (error) {
      this.#place.onEvent({ type: "error", task: name.task, error });
    }
    throw new WaitingError();
  }
}

/** One of a flow or a schedule is not just taken away when it is cancelled, as others are: it comes here to be ended. */
function isLinked({ parentKey, repeatJobKey, opts }: Job): boolean {
  return parentKey !== undefined || repeatJobKey !== undefined || (opts as FlowOptions).waits === true;
}

/** What was given back did not fail. */
const outcomeOf = (end: unknown): string | null => (end instanceof WaitingError ? "release" : null);
const attemptsOf = (job: Job): number => job.opts.attempts || 1;
const cancelled = () => ownFailure(taskErrorNames.cancelled, "The run was cancelled");
const timedOut = (timeoutMs: number) =>
  ownFailure(taskErrorNames.timeout, `It had not ended after ${timeoutMs} ms`);
