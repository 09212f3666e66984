import type { Chunk } from "./chunk.ts";
import { MessageCalls } from "./message-calls.ts";
import { release } from "./outcome.ts";
import type { Runner, RunnerOptions } from "./runner.ts";
import type { MessageHandler } from "./worker-options.ts";

/** Hands messages to the handler, so many at once, of whatever leases they came with. */
export class MessageRunner implements Runner {
  readonly #concurrency: number;
  readonly #calls: MessageCalls<Chunk>;
  /** The chunk of which messages are handed out; others may still have some that are running. */
  #current: Chunk | null = null;
  #stopping = false;

  constructor(handler: MessageHandler, options: RunnerOptions) {
    this.#concurrency = options.settings.concurrency;
    this.#calls = new MessageCalls(handler, options, (chunk) => this.#calls.concludeIfDone(chunk));
  }

  get idle(): boolean {
    return this.#calls.idle;
  }

  get demand(): number {
    return this.#current === null ? this.#calls.demand : 0;
  }

  run(): void {
    const calls = this.#calls;
    while (!this.#stopping && calls.underWay < this.#concurrency) {
      const chunk = this.#chunk();
      if (!chunk) return;
      const index = chunk.next++;
      if (chunk.next === chunk.messages.length) this.#current = null;
      if (!calls.begin(chunk, index, chunk, index)) calls.concludeIfDone(chunk);
    }
  }

  async stop(timeoutMs: number, reason: unknown): Promise<number> {
    this.#stopping = true;
    const chunk = this.#current;
    this.#current = null;
    if (chunk) {
      for (; chunk.next < chunk.messages.length; chunk.next++) chunk.decide(chunk.next, release());
      this.#calls.concludeIfDone(chunk);
    }
    return this.#calls.close(timeoutMs, reason);
  }

  #chunk(): Chunk | null {
    if (this.#current?.lease.lost) {
      this.#calls.concludeIfDone(this.#current);
      this.#current = null;
    }
    this.#current ??= this.#calls.next();
    return this.#current;
  }
}
