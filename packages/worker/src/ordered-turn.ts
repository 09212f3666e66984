import type { DeliveredMessage, Outcome } from "@tidegate/core";
import { Chunk } from "./chunk.ts";
import { handBatch } from "./hand-batch.ts";
import { handInOrder } from "./hand-in-order.ts";
import { HeldLease } from "./held-lease.ts";
import type { Acquired } from "./lease-calls.ts";
import type { OpenChunks } from "./open-chunks.ts";
import type { PrefetchDepth } from "./prefetch-depth.ts";
import { asTidegateError } from "./repeat.ts";
import { offsetsOf, type Segment } from "./segments.ts";
import type { LoopOptions } from "./unordered-loop.ts";

/** How long a partition is held: then another partition, or another worker, gets a chance. */
const turnMs = 1_000;

export interface TurnOptions extends LoopOptions {
  depth: PrefetchDepth;
  open: OpenChunks;
}

/** What was acquired at once and is on its way. */
interface Fetch {
  readonly segments: readonly Segment[];
  readonly loading: Promise<DeliveredMessage[]>;
}

/**
 * One turn with a partition of an ordered group: acquire a lease, handle what came with it from front to back,
 * and meanwhile grow it at its end. Its front is acknowledged as it goes. The turn ends when nothing more is
 * there, at the first message that is not acknowledged, after its time, or at a stop; only then the lease is
 * settled.
 */
export class OrderedTurn {
  readonly #partition: number;
  readonly #options: TurnOptions;
  readonly #fetches: Fetch[] = [];
  readonly #startedAt = performance.now();
  #growth: Promise<void> | null = null;
  /** When it was last asked, the log went no further. */
  #atEnd = false;
  /** Nothing more is begun. */
  #ending = false;

  constructor(partition: number, options: TurnOptions) {
    this.#partition = partition;
    this.#options = options;
  }

  /** Never throws. */
  async run(): Promise<void> {
    const { calls, rota, onError } = this.#options;
    let acquired: Acquired;
    try {
      acquired = await calls.acquire(this.#partition);
    } catch (thrown) {
      if (!this.#ending) onError(asTidegateError(thrown));
      return rota.troubled(this.#partition);
    }
    if (!acquired.lease) return rota.empty(this.#partition, acquired.nextDueAt);
    const lease = new HeldLease(acquired.lease, acquired.renewedAt);
    calls.hold(lease);
    this.#atEnd = !acquired.more;
    this.#fetch(lease, acquired.lease.segments, acquired.lease.deadline, acquired.sentAt);
    const last = await this.#handleAll(lease);
    this.#ending = true;
    // What a growth under way brings belongs to the lease as well: it must be known before the lease is settled.
    while (this.#growth) await this.#growth;
    if (!lease.lost) calls.settle(lease, this.#settlement(last));
    if (this.#isOver) rota.yielded(this.#partition);
    else rota.found(this.#partition, false);
  }

  /** Whether the turn has lasted its time. */
  get #isOver(): boolean {
    return performance.now() - this.#startedAt > turnMs;
  }

  /** Begins nothing more; what is being handled goes on. */
  stop(): void {
    this.#ending = true;
  }

  /** Handles chunk after chunk; returns the one at which it ended early, if any. */
  async #handleAll(lease: HeldLease): Promise<Chunk | Fetch | null> {
    const { settings, calls, onError } = this.#options;
    while (!this.#ending && !lease.lost) {
      const fetch = this.#fetches[0];
      if (!fetch) {
        this.#grow(lease);
        if (!this.#growth) return null;
        await this.#growth;
        continue;
      }
      let messages: DeliveredMessage[];
      try {
        messages = await fetch.loading;
      } catch (thrown) {
        const error = asTidegateError(thrown);
        if (error.code === "LEASE_LOST") calls.lose(lease, error);
        else onError(error);
        if (error.retryable || lease.lost) return null;
        this.#fetches.shift();
        return fetch;
      }
      if (this.#ending || lease.lost) return null;
      this.#fetches.shift();
      const chunk = new Chunk(lease, messages, fetch.segments, settings);
      this.#grow(lease);
      await this.#handle(chunk);
      if (!chunk.clean) return chunk;
      // With nothing behind it, a growth may still find something; if not, the settlement acknowledges it.
      if (this.#fetches.length === 0 && this.#growth) await this.#growth;
      if (this.#fetches.length > 0) void calls.extend(lease);
    }
    return null;
  }

  async #handle(chunk: Chunk): Promise<void> {
    const { settings, verdicts, depth, open } = this.#options;
    if (chunk.messages.length === 0) return;
    chunk.startedAt = performance.now();
    open.add(chunk);
    const isOver = () => this.#ending || !chunk.unexceptional || chunk.closed || chunk.lease.lost !== null;
    const handling = settings.batchHandler
      ? handBatch(chunk, settings.batchHandler, verdicts, isOver)
      : handInOrder(chunk, settings.handler!, verdicts, isOver);
    if (handling) await Promise.race([handling, open.deleted(chunk)]);
    chunk.close();
    open.delete(chunk);
    depth.handled(performance.now() - chunk.startedAt);
  }

  /** Grows the lease as far as it is worth it, one call after the other. */
  #grow(lease: HeldLease): void {
    if (this.#growth || !this.#mayGrow(lease)) return;
    this.#growth = this.#growOnce(lease).finally(() => {
      this.#growth = null;
      this.#grow(lease);
    });
  }

  #mayGrow(lease: HeldLease): boolean {
    if (this.#ending || this.#atEnd || this.#isOver || lease.lost) return false;
    return this.#fetches.length < this.#options.depth.ahead;
  }

  async #growOnce(lease: HeldLease): Promise<void> {
    const { calls, onError } = this.#options;
    try {
      const grown = await calls.acquire(this.#partition, { leaseId: lease.id, last: lease.last });
      if (!grown.lease) {
        this.#atEnd = true;
        return;
      }
      this.#atEnd = !grown.more;
      lease.grow(grown.lease.segments);
      this.#fetch(lease, grown.lease.segments, grown.lease.deadline, grown.sentAt);
    } catch (thrown) {
      this.#atEnd = true;
      const error = asTidegateError(thrown);
      // Whether it has grown is unknown, so that "all" could mean too much: it is left to run out.
      calls.lose(lease, error);
      if (error.code !== "LEASE_LOST") onError(error);
    }
  }

  #fetch(lease: HeldLease, segments: readonly Segment[], deadline: number, sentAt: number): void {
    const { calls, depth } = this.#options;
    const loading = calls.load(lease, segments, deadline);
    // Whoever handles it meets its failure; if nobody comes so far, nobody needs to.
    loading.then(
      () => depth.fetched(performance.now() - sentAt),
      () => {},
    );
    this.#fetches.push({ segments, loading });
  }

  /** Everything is acknowledged but what ended the turn and what was not begun. */
  #settlement(last: Chunk | Fetch | null): Outcome {
    const outcome =
      last instanceof Chunk ? last.settlement() : { ack: "all" as const, release: [] as number[] };
    const release = outcome.release;
    if (last !== null && !(last instanceof Chunk)) {
      const [first, ...rest] = offsetsOf(last.segments);
      release.push(...rest);
      Object.assign(outcome, { retry: first === undefined ? [] : [{ offset: first }] });
    }
    for (const { segments } of this.#fetches) release.push(...offsetsOf(segments));
    return outcome;
  }
}
