import type { TidegateError } from "@tidegate/contracts";
import type { Chunk } from "./chunk.ts";
import { HeldLease } from "./held-lease.ts";
import type { Acquired, LeaseCalls } from "./lease-calls.ts";
import type { PrefetchDepth } from "./prefetch-depth.ts";
import { ReadyChunks } from "./ready-chunks.ts";
import { asTidegateError } from "./repeat.ts";
import type { Rota } from "./rota.ts";
import { offsetsOf } from "./segments.ts";
import type { WorkerSettings } from "./worker-options.ts";

/** Fetches what a runner is to be handed. */
export interface Prefetching {
  readonly idle: boolean;
  /** Starts as many fetches as are worth it. */
  fill(): void;
  /** The next chunk to handle. */
  take(): Chunk | null;
  /** Releases what is ready or on its way. */
  stop(): Promise<void>;
}

export interface PrefetcherOptions {
  settings: WorkerSettings;
  calls: LeaseCalls;
  rota: Rota;
  depth: PrefetchDepth;
  /** How many chunks could be handled at once, had they been fetched. */
  demand: () => number;
  /** Told when a chunk is ready, and when a fetch has come to nothing. */
  onFetched: () => void;
  onError: (error: TidegateError) => void;
}

/** Acquires and loads ahead, for groups whose partitions may have many leases. */
export class Prefetcher implements Prefetching {
  readonly #options: PrefetcherOptions;
  readonly #ready: ReadyChunks;
  readonly #fetches = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: PrefetcherOptions) {
    this.#options = options;
    this.#ready = new ReadyChunks(options);
  }

  get idle(): boolean {
    return this.#fetches.size === 0 && this.#ready.size === 0;
  }

  fill(): void {
    const { rota, depth, demand } = this.#options;
    while (!this.#stopped && this.#fetches.size + this.#ready.size < demand() + depth.ahead) {
      const partition = rota.take();
      if (partition === null) return;
      const fetch = this.#fetch(partition).finally(() => {
        this.#fetches.delete(fetch);
        this.#options.onFetched();
      });
      this.#fetches.add(fetch);
    }
  }

  take(): Chunk | null {
    return this.#ready.take();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#ready.stop();
    await Promise.all(this.#fetches);
  }

  async #fetch(partition: number): Promise<void> {
    const { calls, rota, depth, onError } = this.#options;
    let acquired: Acquired;
    try {
      acquired = await calls.acquire(partition);
    } catch (thrown) {
      if (!this.#stopped) onError(asTidegateError(thrown));
      return rota.troubled(partition);
    }
    if (!acquired.lease) return rota.empty(partition, acquired.nextDueAt);
    const { deadline, segments } = acquired.lease;
    const lease = new HeldLease(acquired.lease, acquired.renewedAt);
    calls.hold(lease);
    rota.found(partition, acquired.more);
    if (this.#stopped) return calls.settle(lease, { release: offsetsOf(segments) });
    const loading = calls.load(lease, segments, deadline);
    this.fill();
    await this.#ready.load(loading, lease, segments, () => ({ ack: "all" }));
    depth.fetched(performance.now() - acquired.sentAt);
  }
}
