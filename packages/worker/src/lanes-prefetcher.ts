import type { TidegateError } from "@tidegate/contracts";
import type { DeliveredMessage, LaneLease } from "@tidegate/core";
import { Chunk } from "./chunk.ts";
import { HeldLease } from "./held-lease.ts";
import type { LeaseCalls, Took } from "./lease-calls.ts";
import type { PrefetchDepth } from "./prefetch-depth.ts";
import type { Prefetching } from "./prefetcher.ts";
import { endUnread, ReadyChunks } from "./ready-chunks.ts";
import { asTidegateError } from "./repeat.ts";
import type { Rota } from "./rota.ts";
import { offsetsOf } from "./segments.ts";
import type { WorkerSettings } from "./worker-options.ts";

/** The one seat that all partitions of a group on lanes share. */
export const lanesSeat = 0;

export interface LanesPrefetcherOptions {
  settings: WorkerSettings;
  calls: LeaseCalls;
  rota: Rota;
  depth: PrefetchDepth;
  /** How many chunks could be handled at once, had they been fetched. */
  demand: () => number;
  /** Told when chunks are ready, and when a fetch has come to nothing. */
  onFetched: () => void;
  onError: (error: TidegateError) => void;
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
    this.#ready = new ReadyChunks(options.calls);
  }

  get idle(): boolean {
    return this.#fetches.size === 0 && this.#ready.size === 0;
  }

  fill(): void {
    const { rota, depth, demand } = this.#options;
    for (;;) {
      const wanted = demand() + depth.ahead - this.#asked - this.#ready.size;
      if (this.#stopped || wanted <= 0 || rota.take() === null) return;
      this.#asked += wanted;
      const fetch = this.#fetch(wanted).finally(() => {
        this.#asked -= wanted;
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
    this.#ready.release();
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
    await Promise.all(held.map(({ lease, one }) => this.#load(one, lease)));
    depth.fetched(performance.now() - took.sentAt);
  }

  async #load(held: HeldLease, lease: LaneLease): Promise<void> {
    const { calls, settings, onError } = this.#options;
    let messages: DeliveredMessage[];
    try {
      messages = await calls.load(held, lease.segments, lease.deadline);
    } catch (thrown) {
      return endUnread(calls, held, lease.segments, thrown, onError);
    }
    if (held.lost) return;
    const offsets = offsetsOf(lease.segments);
    if (this.#stopped) return calls.settle(held, { release: offsets });
    // Retention took them away: what is given up without a message counts as expired.
    if (messages.length === 0)
      return calls.settle(held, { deadLetter: offsets.map((offset) => ({ offset })) });
    this.#ready.push(new Chunk(held, messages, lease.segments, settings));
  }
}
