import type { Chunk } from "./chunk.ts";
import { handBatch } from "./hand-batch.ts";
import { OpenChunks } from "./open-chunks.ts";
import type { Runner, RunnerOptions } from "./runner.ts";
import type { BatchHandler } from "./worker-options.ts";

/** Hands whole leases to the handler, so many at once. */
export class BatchRunner implements Runner {
  readonly #handler: BatchHandler;
  readonly #options: RunnerOptions;
  readonly #open = new OpenChunks();
  #running = 0;
  #stopping = false;

  constructor(handler: BatchHandler, options: RunnerOptions) {
    this.#handler = handler;
    this.#options = options;
  }

  get idle(): boolean {
    return this.#open.size === 0;
  }

  get demand(): number {
    return this.#options.settings.concurrency - this.#running;
  }

  run(): void {
    while (!this.#stopping && this.#running < this.#options.settings.concurrency) {
      const chunk = this.#options.take();
      if (!chunk) return;
      this.#handle(chunk);
    }
  }

  stop(timeoutMs: number, reason: unknown): Promise<number> {
    this.#stopping = true;
    return this.#open.close(timeoutMs, reason, (left) => this.#conclude(left));
  }

  #handle(chunk: Chunk): void {
    const { verdicts, onSlot } = this.#options;
    chunk.startedAt = performance.now();
    this.#open.add(chunk);
    const isOver = () => this.#stopping || chunk.closed || chunk.lease.lost !== null;
    const handling = handBatch(chunk, this.#handler, verdicts, isOver);
    if (!handling) {
      this.#conclude(chunk);
      return;
    }
    this.#running += 1;
    handling.then(() => {
      this.#running -= 1;
      this.#conclude(chunk);
      onSlot();
    });
  }

  /** What is undecided was not handed out, or is given up. */
  #conclude(chunk: Chunk): void {
    if (chunk.closed) return;
    chunk.close();
    this.#options.conclude(chunk);
    this.#open.delete(chunk);
  }
}
