import type { Outcome } from "@tidegate/core";
import type { Chunk } from "./chunk.ts";
import { HeldLease } from "./held-lease.ts";
import type { Took } from "./lease-calls.ts";
import type { PrefetcherOptions, Prefetching } from "./prefetcher.ts";
import { ReadyChunks } from "./ready-chunks.ts";
import { asTidegateError } from "./repeat.ts";
import { offsetsOf } from "./segments.ts";

/** The one seat that all partitions of a group on lanes share. */
export const lanesSeat = 0;

export interface LanesPrefetcherOptions extends PrefetcherOptions {
  /** Told when the group turns out not to be on lanes any more. */
  onOtherMode: () => void;
}

/** Takes and loads ahead, for groups on lanes: leases of several partitions with one call. */
export class LanesPrefetcher implements Prefetching {
  readonly #options: LanesPrefetcherOptions;
  readonly #ready: ReadyChunks;
  readonly #fetches = new Set<Promise<void>>();
  /** Chunks that the fetches under way were asked for. */
  #asked = 0;
  #stopped = false;

  constructor(options: LanesPrefetcherOptions) {
    this.#options = options;
    this.#ready = new ReadyChunks(options);
  }

  get idle(): boolean {
    return this.#fetches.size === 0 && this.#ready.size === 0;
  }

  fill(): void {
    const { rota, depth, demand } = this.#options;
    for (;;) {
      const wanted = demand() + depth.ahead - this.#asked - this.#ready.size;
      if (this.#stopped || wanted <= 0 || rota.take() === null) return;
      const chunks = Math.max(wanted, depth.together);
      this.#asked += chunks;
      const fetch = this.#fetch(chunks).finally(() => {
        this.#asked -= chunks;
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

  async #fetch(chunks: number): Promise<void> {
    const { calls, rota, depth, onError, onOtherMode } = this.#options;
    let took: Took | null;
    try {
      took = await calls.takeLanes(chunks);
    } catch (thrown) {
      if (!this.#stopped) onError(asTidegateError(thrown));
      return rota.troubled(lanesSeat);
    }
    if (took === null) {
      rota.troubled(lanesSeat);
      return onOtherMode();
    }
    if (took.leases.length === 0) return rota.empty(lanesSeat, took.nextDueAt);
    const held = took.leases.map((lease) => {
      const one = new HeldLease(lease, took.renewedAt);
      one.lanes = lease.lanes;
      calls.hold(one);
      return { lease, one };
    });
    rota.found(lanesSeat, took.more);
    if (this.#stopped) {
      for (const { lease, one } of held) calls.settle(one, { release: offsetsOf(lease.segments) });
      return;
    }
    await Promise.all(
      held.map(({ lease, one }) =>
        this.#ready.load(calls.load(one, lease.segments, lease.deadline), one, lease.segments, expired),
      ),
    );
    depth.fetched(performance.now() - took.sentAt);
  }
}

/** Retention took them away: what is given up without a message counts as expired. */
function expired(offsets: readonly number[]): Outcome {
  return { deadLetter: offsets.map((offset) => ({ offset })) };
}
