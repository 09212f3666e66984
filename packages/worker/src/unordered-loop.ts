import type { TidegateError } from "@tidegate/contracts";
import { BatchRunner } from "./batch-runner.ts";
import type { Chunk } from "./chunk.ts";
import type { Consumer } from "./consumer.ts";
import { LaneRunner } from "./lane-runner.ts";
import { LanesPrefetcher } from "./lanes-prefetcher.ts";
import type { LeaseCalls } from "./lease-calls.ts";
import { MessageRunner } from "./message-runner.ts";
import { PrefetchDepth } from "./prefetch-depth.ts";
import { Prefetcher, type Prefetching } from "./prefetcher.ts";
import type { Rota } from "./rota.ts";
import type { Runner, RunnerOptions } from "./runner.ts";
import type { Verdicts } from "./verdicts.ts";
import type { WorkerSettings } from "./worker-options.ts";

export interface LoopOptions {
  settings: WorkerSettings;
  calls: LeaseCalls;
  rota: Rota;
  verdicts: Verdicts;
  onError: (error: TidegateError) => void;
  /** Told when something has ended, so that there may be nothing left. */
  onPause: () => void;
  /** For a group on lanes: whether it is in order, and what to do when it is not on lanes any more. */
  lanes?: { readonly ordered: boolean; readonly onOtherMode: () => void };
}

/** Groups without an order, and groups on lanes: many leases in a partition, handled side by side. */
export class UnorderedLoop implements Consumer {
  readonly #options: LoopOptions;
  readonly #depth: PrefetchDepth;
  readonly #prefetcher: Prefetching;
  readonly #runner: Runner;
  #advancing = false;

  constructor(options: LoopOptions) {
    const { settings, calls, rota, verdicts, onError, lanes } = options;
    this.#options = options;
    this.#depth = new PrefetchDepth(settings.batchHandler ? settings.concurrency : 1);
    const advance = () => this.advance();
    const prefetching = {
      settings,
      calls,
      rota,
      depth: this.#depth,
      demand: () => this.#runner.demand,
      onFetched: advance,
      onError,
    };
    this.#prefetcher = lanes
      ? new LanesPrefetcher({ ...prefetching, onOtherMode: lanes.onOtherMode })
      : new Prefetcher(prefetching);
    const runnerOptions: RunnerOptions = {
      settings,
      verdicts,
      take: () => this.#prefetcher.take(),
      conclude: (chunk) => this.#conclude(chunk),
      onSlot: advance,
    };
    if (settings.batchHandler) this.#runner = new BatchRunner(settings.batchHandler, runnerOptions);
    else if (lanes?.ordered) this.#runner = new LaneRunner(settings.handler!, runnerOptions);
    else this.#runner = new MessageRunner(settings.handler!, runnerOptions);
  }

  get idle(): boolean {
    return this.#prefetcher.idle && this.#runner.idle;
  }

  /**
   * Handlers first, fetches second, in one tick: what is settled, acquired and loaded by then shares a round
   * trip.
   */
  advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    this.#runner.run();
    this.#prefetcher.fill();
    this.#advancing = false;
    this.#options.onPause();
  }

  async stop(timeoutMs: number, reason: unknown): Promise<number> {
    const [abandoned] = await Promise.all([this.#runner.stop(timeoutMs, reason), this.#prefetcher.stop()]);
    return abandoned;
  }

  #conclude(chunk: Chunk): void {
    this.#depth.handled(performance.now() - chunk.startedAt);
    this.#options.calls.settle(chunk.lease, chunk.settlement());
  }
}
