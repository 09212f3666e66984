import type { TidegateError } from "@tidegate/contracts";
import type { RangeLease } from "@tidegate/core";
import { clip, countMessages, lastOffset, offsetsOf, type Segment } from "./segments.ts";

/** What came with a lease at once, and what of it is done. */
export interface LeasePart {
  readonly lastOffset: number;
  /** Whether all of it was acknowledged. */
  readonly clean: boolean;
  /** Offset of the last message of the unbroken front that is done; -1 when the first is not. */
  doneThrough(): number;
  /** Offsets that are done and not reported. */
  doneOffsets(): number[];
  /** Redis knows that the messages at these offsets are done. Returns for how many that is news. */
  markReported(offsets: ReadonlySet<number>): number;
}

/** A lease that is held: how old it is, what came with it, and the signal of its handlers. */
export class HeldLease {
  readonly id: string;
  readonly partition: number;
  /** What it has that Redis was not told to be done; more when it has grown. */
  segments: readonly Segment[];
  /**
   * When the call was sent that gave or extended it (performance.now()): its deadline is never earlier than
   * `leaseMs` after that.
   */
  renewedAt: number;
  /** Messages that Redis knows to be done, of a lease that is handled in any order. */
  reported = 0;
  /** Whether an extend is under way. */
  extending = false;
  /** Why it is no longer held; null while it is. */
  lost: TidegateError | null = null;
  /** What came with it and is not settled, in order. */
  readonly parts: LeasePart[] = [];
  /** Results of its messages that are on their way: until they are there nothing of it is acknowledged. */
  readonly givenResults = new Set<Promise<void>>();
  /** Sends a result on its way; set once the lease is held. */
  onResult: (offset: number, json: string, ttlMs: number) => Promise<void> = () => Promise.resolve();
  /** Of a group on lanes: the lane of each message that came with it, in order; null for those that nothing holds. */
  lanes: readonly (string | null)[] = [];
  #controller: AbortController | null = null;

  constructor(lease: RangeLease, renewedAt: number) {
    this.id = lease.id;
    this.partition = lease.partition;
    this.segments = lease.segments;
    this.renewedAt = renewedAt;
  }

  get last(): number {
    return lastOffset(this.segments);
  }

  /** Tells the lane of a message; to be asked for in order of offsets, before anything of the lease was done. */
  laneOf(): (offset: number) => string | null {
    const offsets = this.lanes.length === 0 ? [] : offsetsOf(this.segments);
    let at = 0;
    return (offset) => {
      while (at < offsets.length && offsets[at]! < offset) at += 1;
      return offsets[at] === offset ? (this.lanes[at] ?? null) : null;
    };
  }

  /** Messages that Redis does not know to be done. */
  get unreported(): number {
    return countMessages(this.segments) - this.reported;
  }

  /** Made when first asked for: most handlers never do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  get aborted(): boolean {
    return this.#controller?.signal.aborted ?? false;
  }

  lose(error: TidegateError): void {
    this.lost = error;
    this.abort(error);
  }

  giveResult(offset: number, json: string, ttlMs: number): void {
    const given = this.onResult(offset, json, ttlMs).finally(() => this.givenResults.delete(given));
    this.givenResults.add(given);
  }

  /** It has grown by these. */
  grow(segments: readonly Segment[]): void {
    this.segments = [...this.segments, ...segments];
  }

  /** Offset up to which everything is done, for a lease whose parts are handled in order; -1 when nothing is. */
  doneThrough(): number {
    let through = -1;
    for (const part of this.parts) {
      through = Math.max(through, part.doneThrough());
      if (!part.clean) break;
    }
    return through;
  }

  /** Redis knows that everything up to this offset is done. */
  forgetThrough(through: number): void {
    while (this.parts.length > 0 && this.parts[0]!.lastOffset <= through) this.parts.shift();
    this.segments = clip(this.segments, through + 1, Number.MAX_SAFE_INTEGER);
  }
}
