import type { Chunk } from "./chunk.ts";
import { isPromise } from "./is-promise.ts";
import { OpenChunks } from "./open-chunks.ts";
import type { RunnerOptions } from "./runner.ts";
import type { MessageHandler } from "./worker-options.ts";

/**
 * Chunks whose messages go to a handler one by one, and the calls of it that are waited for. Each call is one `of`
 * something that goes on from there when it has ended.
 */
export class MessageCalls<Of> {
  /** Calls that are waited for. */
  underWay = 0;
  readonly #handler: MessageHandler;
  readonly #options: RunnerOptions;
  readonly #goOn: (of: Of, position: number) => void;
  readonly #open = new OpenChunks();

  constructor(handler: MessageHandler, options: RunnerOptions, goOn: (of: Of, position: number) => void) {
    this.#handler = handler;
    this.#options = options;
    this.#goOn = goOn;
  }

  /** Whether no chunk is open. */
  get idle(): boolean {
    return this.#open.size === 0;
  }

  /** How many chunks have messages enough for the calls that may still be begun. */
  get demand(): number {
    const { concurrency, maxMessages } = this.#options.settings;
    return Math.ceil((concurrency - this.underWay) / maxMessages);
  }

  /** Opens the next chunk that was fetched. */
  next(): Chunk | null {
    const chunk = this.#options.take();
    if (!chunk) return null;
    chunk.startedAt = performance.now();
    this.#open.add(chunk);
    return chunk;
  }

  /** Hands a message to the handler. Whether it is waited for: then the position is gone on from once it has ended. */
  begin(of: Of, position: number, chunk: Chunk, index: number): boolean {
    const { verdicts, onSlot } = this.#options;
    let result: unknown;
    try {
      result = this.#handler(chunk.messages[index]!, chunk.context);
    } catch (thrown) {
      verdicts.threw(chunk, index, thrown);
      return false;
    }
    if (!isPromise(result)) {
      verdicts.returned(chunk, index, result);
      return false;
    }
    chunk.running += 1;
    this.underWay += 1;
    const ended = () => {
      chunk.running -= 1;
      this.underWay -= 1;
      this.#goOn(of, position);
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
    return true;
  }

  /** Concludes a chunk about which all is decided, or whose lease is lost. */
  concludeIfDone(chunk: Chunk): void {
    if (chunk.closed) return;
    if (chunk.running === 0 && (chunk.open === 0 || chunk.lease.lost)) this.#conclude(chunk);
  }

  /** Waits for the calls; see `OpenChunks.close`. */
  close(timeoutMs: number, reason: unknown): Promise<number> {
    return this.#open.close(timeoutMs, reason, (left) => this.#conclude(left));
  }

  #conclude(chunk: Chunk): void {
    chunk.close();
    this.#options.conclude(chunk);
    this.#open.delete(chunk);
  }
}
