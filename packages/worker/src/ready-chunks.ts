import type { TidegateError } from "@tidegate/contracts";
import type { Chunk } from "./chunk.ts";
import type { HeldLease } from "./held-lease.ts";
import type { LeaseCalls } from "./lease-calls.ts";
import { asTidegateError } from "./repeat.ts";
import { offsetsOf, type Segment } from "./segments.ts";

/** Chunks that were fetched and wait for a handler. */
export class ReadyChunks {
  readonly #calls: LeaseCalls;
  readonly #chunks: Chunk[] = [];

  constructor(calls: LeaseCalls) {
    this.#calls = calls;
  }

  get size(): number {
    return this.#chunks.length;
  }

  push(chunk: Chunk): void {
    this.#chunks.push(chunk);
  }

  /** The next one whose lease is still held. */
  take(): Chunk | null {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (!chunk) return null;
      if (!chunk.lease.lost) return chunk;
    }
  }

  /** Gives all of them back, as if never handed out; what has no message is done. */
  release(): void {
    for (const { lease, messages } of this.#chunks.splice(0))
      this.#calls.settle(lease, { release: messages.map(({ offset }) => offset), ack: "all" });
  }
}

/**
 * Ends a lease whose messages could not be read. What never can be spends its attempts, and so ends as a dead letter
 * instead of coming back for ever.
 */
export function endUnread(
  calls: LeaseCalls,
  lease: HeldLease,
  segments: readonly Segment[],
  thrown: unknown,
  onError: (error: TidegateError) => void,
): void {
  const error = asTidegateError(thrown);
  if (error.code === "LEASE_LOST") {
    calls.lose(lease, error);
    return;
  }
  onError(error);
  const offsets = offsetsOf(segments);
  calls.settle(
    lease,
    error.retryable ? { release: offsets } : { retry: offsets.map((offset) => ({ offset })) },
  );
}
