import { TidegateError } from "@tidegate/contracts";
import type { NewRun } from "./new-run.ts";

/** Adds runs in one call; answers for each, in order. */
export type AddAll<Outcome> = (runs: readonly NewRun[]) => Promise<readonly Outcome[]>;

interface Waiting<Outcome> {
  readonly run: NewRun;
  readonly until: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** So many runs, and bytes, leave together: Redis does nothing else meanwhile. */
const mostRuns = 250;
const mostBytes = 4 * 2 ** 20;
/** So many bytes may wait in this process. */
const mostWaitingBytes = 128 * 2 ** 20;

/**
 * Lets runs that single callers enqueue leave together, each with its own outcome. One call is under way at a time: what comes
 * meanwhile leaves with the next, so that alone a run waits for nobody, and calls grow with the load.
 */
export class Gatherer<Outcome> {
  readonly #addAll: AddAll<Outcome>;
  readonly #timeoutMs: number;
  #waiting: Waiting<Outcome>[] = [];
  #bytes = 0;
  #busy: Promise<void> | null = null;

  constructor(addAll: AddAll<Outcome>, timeoutMs: number) {
    this.#addAll = addAll;
    this.#timeoutMs = timeoutMs;
  }

  /** Adds one run. @throws OVERLOADED when too much waits */
  add(run: NewRun): Promise<Outcome> {
    const bytes = run.job.data.length;
    if (this.#bytes + bytes > mostWaitingBytes) {
      const message = "Too many runs wait for Redis here, and nothing was done";
      return Promise.reject(new TidegateError("OVERLOADED", message, { retryAfterMs: 1_000 }));
    }
    this.#bytes += bytes;
    const until = performance.now() + this.#timeoutMs;
    const outcome = new Promise<Outcome>((resolve, reject) => {
      this.#waiting.push({ run, until, resolve, reject });
    });
    this.#busy ??= this.#work();
    return outcome;
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    while (this.#busy !== null) await this.#busy;
  }

  async #work(): Promise<void> {
    // What the same turn of the event loop still brings goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#send(this.#take());
    this.#busy = null;
  }

  #take(): Waiting<Outcome>[] {
    let count = 0;
    let bytes = 0;
    for (const { run } of this.#waiting) {
      if (count === mostRuns || (count > 0 && bytes + run.job.data.length > mostBytes)) break;
      bytes += run.job.data.length;
      count += 1;
    }
    const taken = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#bytes -= bytes;
    return taken;
  }

  async #send(taken: readonly Waiting<Outcome>[]): Promise<void> {
    const now = performance.now();
    const late = taken.filter(({ until }) => until <= now);
    for (const { reject } of late)
      reject(new TidegateError("REDIS_UNAVAILABLE", "Redis did not answer others in time; nothing was done"));
    const timely = late.length === 0 ? taken : taken.filter(({ until }) => until > now);
    if (timely.length === 0) return;
    try {
      const outcomes = await this.#addAll(timely.map(({ run }) => run));
      for (const [index, { resolve }] of timely.entries()) resolve(outcomes[index]!);
    } catch (error) {
      for (const { reject } of timely) reject(error);
    }
  }
}
