import type { Consumer } from "./consumer.ts";
import { OpenChunks } from "./open-chunks.ts";
import { OrderedTurn } from "./ordered-turn.ts";
import { PrefetchDepth } from "./prefetch-depth.ts";
import type { LoopOptions } from "./unordered-loop.ts";

/** Ordered groups: one lease a partition, `concurrency` partitions at once. */
export class OrderedLoop implements Consumer {
  readonly #options: LoopOptions;
  readonly #depth = new PrefetchDepth(1);
  readonly #open = new OpenChunks();
  readonly #turns = new Map<OrderedTurn, Promise<void>>();
  #stopped = false;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#turns.size === 0;
  }

  advance(): void {
    const { settings, rota, onPause } = this.#options;
    while (!this.#stopped && this.#turns.size < settings.concurrency) {
      const partition = rota.take();
      if (partition === null) break;
      const turn = new OrderedTurn(partition, { ...this.#options, depth: this.#depth, open: this.#open });
      const ended = turn.run().finally(() => {
        this.#turns.delete(turn);
        this.advance();
      });
      this.#turns.set(turn, ended);
    }
    onPause();
  }

  async stop(timeoutMs: number, reason: unknown): Promise<number> {
    this.#stopped = true;
    for (const turn of this.#turns.keys()) turn.stop();
    const abandoned = await this.#open.close(timeoutMs, reason, (chunk) => {
      chunk.close();
      this.#open.delete(chunk);
    });
    await Promise.all(this.#turns.values());
    return abandoned;
  }
}
