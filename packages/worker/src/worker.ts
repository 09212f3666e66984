import { EventEmitter } from "node:events";
import { Run } from "./run.ts";
import { tellTo, type WorkerEvents } from "./worker-events.ts";
import { type WorkerOptions, type WorkerSettings, workerSettings } from "./worker-options.ts";

/**
 * Reads a group's messages and hands them to a handler, each at least once. Leases are kept alive while it
 * runs; what it returns or throws settles them. Goes on by itself when Redis was away.
 */
export class Worker extends EventEmitter<WorkerEvents> {
  readonly #settings: WorkerSettings;
  #run: Run | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  /** Throws INVALID with the name of the option. */
  constructor(options: WorkerOptions) {
    super();
    this.#settings = workerSettings(options);
  }

  get state(): "stopped" | "starting" | "running" | "stopping" {
    if (this.#stopping) return "stopping";
    if (this.#starting) return "starting";
    return this.#run ? "running" : "stopped";
  }

  /**
   * Begins to consume. Waits while Redis is away, telling `error` events meanwhile; rejects for what waiting cannot
   * cure, such as TOPIC_NOT_FOUND. Does nothing when it was started already; resolves when a stop comes first.
   */
  async start(): Promise<void> {
    if (this.#stopping) await this.#stopping;
    if (this.#starting) return this.#starting;
    if (this.#run) return;
    const run = new Run(this.#settings, tellTo(this));
    this.#run = run;
    this.#starting = run
      .begin()
      .catch((error) => {
        this.#run = null;
        throw error;
      })
      .finally(() => {
        this.#starting = null;
      });
    return this.#starting;
  }

  /**
   * Takes nothing more, releases what was not begun, waits for what is being handled, and settles it. Spends no
   * attempt and repeats nothing, unless a handler ignores its signal after `stopTimeoutMs`. Never rejects.
   */
  stop(): Promise<void> {
    if (this.#stopping) return this.#stopping;
    if (!this.#run) return Promise.resolve();
    this.#stopping = this.#end(this.#run).finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  async #end(run: Run): Promise<void> {
    const abandoned = await run.end();
    // A start that waits for Redis ends as soon as its call is answered or given up.
    await this.#starting?.catch(() => {});
    this.#run = null;
    tellTo(this)("stopped", { abandoned });
  }
}
