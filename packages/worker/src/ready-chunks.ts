import type { TidegateError } from "@tidegate/contracts";
import type { DeliveredMessage, Outcome } from "@tidegate/core";
import { Chunk } from "./chunk.ts";
import type { HeldLease } from "./held-lease.ts";
import type { LeaseCalls } from "./lease-calls.ts";
import { asTidegateError } from "./repeat.ts";
import { countMessages, offsetsOf, type Segment } from "./segments.ts";
import type { WorkerSettings } from "./worker-options.ts";

export interface ReadyChunksOptions {
  settings: WorkerSettings;
  calls: LeaseCalls;
  onError: (error: TidegateError) => void;
}

/** Chunks that were fetched and wait for a handler. */
export class ReadyChunks {
  readonly #options: ReadyChunksOptions;
  readonly #chunks: Chunk[] = [];
  #stopped = false;

  constructor(options: ReadyChunksOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#chunks.length;
  }

  /** The next one whose lease is still held. */
  take(): Chunk | null {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (!chunk) return null;
      if (!chunk.lease.lost) return chunk;
    }
  }

  /** Waits for the messages of a lease; `whenGone` ends one of whose messages the log has nothing any more. */
  async load(
    loading: Promise<DeliveredMessage[]>,
    lease: HeldLease,
    segments: readonly Segment[],
    whenGone: (offsets: readonly number[]) => Outcome,
  ): Promise<void> {
    const { calls, settings } = this.#options;
    let messages: DeliveredMessage[];
    try {
      messages = await loading;
    } catch (thrown) {
      this.#endUnread(lease, segments, asTidegateError(thrown));
      return;
    }
    if (lease.lost) return;
    if (this.#stopped) calls.settle(lease, { release: offsetsOf(segments) });
    else if (messages.length === 0 && countMessages(segments) > 0)
      calls.settle(lease, whenGone(offsetsOf(segments)));
    else this.#chunks.push(new Chunk(lease, messages, segments, settings));
  }

  /** Gives all back, as if never handed out, and from now on what is loaded as well; what has no message is done. */
  stop(): void {
    this.#stopped = true;
    for (const { lease, messages } of this.#chunks.splice(0)) {
      const release = messages.map(({ offset }) => offset);
      this.#options.calls.settle(lease, { release, ack: "all" });
    }
  }

  /**
   * Ends a lease whose messages could not be read. What never can be spends its attempts, and so ends as a dead letter
   * instead of coming back for ever.
   */
  #endUnread(lease: HeldLease, segments: readonly Segment[], error: TidegateError): void {
    const { calls, onError } = this.#options;
    if (error.code === "LEASE_LOST") {
      calls.lose(lease, error);
      return;
    }
    onError(error);
    const offsets = offsetsOf(segments);
    const retry = offsets.map((offset) => ({ offset }));
    calls.settle(lease, error.retryable ? { release: offsets } : { retry });
  }
}
