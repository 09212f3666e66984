import type { Chunk } from "./chunk.ts";
import { isPromise } from "./is-promise.ts";
import { OpenChunks } from "./open-chunks.ts";
import { release } from "./outcome.ts";
import type { Runner, RunnerOptions } from "./runner.ts";
import type { MessageHandler } from "./worker-options.ts";

/** Hands messages to the handler, so many at once, of whatever leases they came with. */
export class MessageRunner implements Runner {
  readonly #handler: MessageHandler;
  readonly #options: RunnerOptions;
  readonly #open = new OpenChunks();
  /** The chunk of which messages are handed out; others may still have some that are running. */
  #current: Chunk | null = null;
  #running = 0;
  #stopping = false;

  constructor(handler: MessageHandler, options: RunnerOptions) {
    this.#handler = handler;
    this.#options = options;
  }

  get idle(): boolean {
    return this.#open.size === 0;
  }

  get demand(): number {
    const { concurrency, maxMessages } = this.#options.settings;
    if (this.#current !== null) return 0;
    return Math.ceil((concurrency - this.#running) / maxMessages);
  }

  run(): void {
    const { concurrency } = this.#options.settings;
    while (!this.#stopping && this.#running < concurrency) {
      const chunk = this.#chunk();
      if (!chunk) return;
      const index = chunk.next++;
      if (chunk.next === chunk.messages.length) this.#current = null;
      this.#handle(chunk, index);
    }
  }

  async stop(timeoutMs: number, reason: unknown): Promise<number> {
    this.#stopping = true;
    const chunk = this.#current;
    this.#current = null;
    if (chunk) {
      for (; chunk.next < chunk.messages.length; chunk.next++) chunk.decide(chunk.next, release());
      this.#concludeIfDone(chunk);
    }
    return this.#open.close(timeoutMs, reason, (left) => this.#conclude(left));
  }

  #chunk(): Chunk | null {
    if (this.#current?.lease.lost) {
      this.#concludeIfDone(this.#current);
      this.#current = null;
    }
    if (this.#current) return this.#current;
    const chunk = this.#options.take();
    if (!chunk) return null;
    chunk.startedAt = performance.now();
    this.#open.add(chunk);
    this.#current = chunk;
    return chunk;
  }

  #handle(chunk: Chunk, index: number): void {
    const { verdicts, onSlot } = this.#options;
    let result: unknown;
    try {
      result = this.#handler(chunk.messages[index]!, chunk.context);
    } catch (thrown) {
      verdicts.threw(chunk, index, thrown);
      this.#concludeIfDone(chunk);
      return;
    }
    if (!isPromise(result)) {
      verdicts.returned(chunk, index, result);
      this.#concludeIfDone(chunk);
      return;
    }
    chunk.running += 1;
    this.#running += 1;
    const ended = () => {
      chunk.running -= 1;
      this.#running -= 1;
      this.#concludeIfDone(chunk);
      onSlot();
    };
    result.then(
      (value) => {
        verdicts.returned(chunk, index, value);
        ended();
      },
      (thrown) => {
        verdicts.threw(chunk, index, thrown);
        ended();
      },
    );
  }

  #concludeIfDone(chunk: Chunk): void {
    if (chunk.closed) return;
    if (chunk.running === 0 && (chunk.open === 0 || chunk.lease.lost)) this.#conclude(chunk);
  }

  /** What is undecided is given up. */
  #conclude(chunk: Chunk): void {
    chunk.decideRest(release());
    chunk.closed = true;
    this.#options.conclude(chunk);
    this.#open.delete(chunk);
  }
}
