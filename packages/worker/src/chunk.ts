import { TidegateError } from "@tidegate/contracts";
import type { DeliveredMessage, Outcome } from "@tidegate/core";
import type { HeldLease, LeasePart } from "./held-lease.ts";
import { type HandlerOutcome, release } from "./outcome.ts";
import { lastOffset, type Segment } from "./segments.ts";
import type { BatchContext } from "./worker-options.ts";

const undecided = 0;
const done = 1;
/** Done, and Redis knows it. */
const reported = 2;
const excepted = 3;

/**
 * Messages that were acquired at once, and what was decided about each. A batch that is simply acknowledged costs
 * nothing a message: the table of states is made with the first message that is decided on its own.
 */
export class Chunk implements LeasePart {
  readonly lease: HeldLease;
  readonly messages: readonly DeliveredMessage[];
  /** What was acquired: more than the messages where retention or a redrive left gaps. */
  readonly lastOffset: number;
  readonly context: BatchContext;
  /** Index of the first message that was not handed to the handler. */
  next = 0;
  /** Handler calls that have not ended. */
  running = 0;
  /** Messages about which nothing was decided. */
  open: number;
  /** Nothing more is decided here: it was settled, or given up while a handler was still running. */
  closed = false;
  /** When its first message was handed to the handler (performance.now()). */
  startedAt = 0;
  #states: Uint8Array | null = null;
  #exceptions: { offset: number; outcome: HandlerOutcome }[] = [];

  constructor(
    lease: HeldLease,
    messages: readonly DeliveredMessage[],
    segments: readonly Segment[],
    names: { topic: string; group: string },
  ) {
    this.lease = lease;
    this.messages = messages;
    this.lastOffset = lastOffset(segments);
    this.open = messages.length;
    this.context = new ChunkContext(this, names.topic, names.group);
    lease.parts.push(this);
  }

  /** Decides one message, unless that has happened; null and a result acknowledge. */
  decide(index: number, decided: HandlerOutcome | null): boolean {
    if (this.closed || this.open === 0) return false;
    this.#states ??= new Uint8Array(this.messages.length);
    if (this.#states[index] !== undecided) return false;
    this.open -= 1;
    const given = decided?.result ?? null;
    if (given !== null) this.lease.giveResult(this.messages[index]!.offset, given.json, given.ttlMs);
    const outcome = given === null ? decided : null;
    this.#states[index] = outcome === null ? done : excepted;
    if (outcome !== null) this.#exceptions.push({ offset: this.messages[index]!.offset, outcome });
    return true;
  }

  /** Decides alike what is undecided among these. Returns those messages where the outcome is an exception. */
  decideRest(outcome: HandlerOutcome | null, from = 0, to = this.messages.length): DeliveredMessage[] {
    const rest: DeliveredMessage[] = [];
    if (outcome === null && this.#states === null && to - from === this.messages.length) {
      if (!this.closed) this.open = 0;
      return rest;
    }
    for (let index = from; index < to && this.open > 0; index++) {
      if (this.decide(index, outcome) && outcome !== null) rest.push(this.messages[index]!);
    }
    return rest;
  }

  /** Gives up what is undecided; nothing more is decided here. */
  close(): void {
    this.decideRest(release());
    this.closed = true;
  }

  /** Messages that the handler has and about which nothing was decided. */
  get handedOut(): number {
    if (this.#states === null) return Math.min(this.next, this.open);
    return this.#states.subarray(0, this.next).filter((state) => state === undecided).length;
  }

  /** Whether this message was acknowledged. */
  isDone(index: number): boolean {
    if (this.#states === null) return this.open === 0;
    return this.#states[index] === done || this.#states[index] === reported;
  }

  /** Whether this message went back, so that what is to follow it has to wait. */
  isHeldBack(index: number): boolean {
    if (this.#states?.[index] !== excepted) return false;
    const { offset } = this.messages[index]!;
    return this.#exceptions.some((one) => one.offset === offset && one.outcome.kind !== "dead-letter");
  }

  /** Whether nothing but acknowledgements was decided so far. */
  get unexceptional(): boolean {
    return this.#exceptions.length === 0;
  }

  /** Whether all of it was acknowledged. */
  get clean(): boolean {
    return this.open === 0 && this.unexceptional;
  }

  /** Offset of the last message of the unbroken front that is done; -1 when the first is not. */
  doneThrough(): number {
    if (this.clean) return this.lastOffset;
    let through = -1;
    for (let index = 0; index < this.messages.length && this.isDone(index); index++) {
      through = this.messages[index]!.offset;
    }
    return through;
  }

  /** Offsets that are done and not reported. */
  doneOffsets(): number[] {
    const offsets: number[] = [];
    if (this.#states === null) return offsets;
    for (let index = 0; index < this.messages.length; index++) {
      if (this.#states[index] === done) offsets.push(this.messages[index]!.offset);
    }
    return offsets;
  }

  /** Redis knows that the messages at these offsets are done. Returns for how many that is news. */
  markReported(offsets: ReadonlySet<number>): number {
    let news = 0;
    for (let index = 0; this.#states !== null && index < this.messages.length; index++) {
      if (this.#states[index] !== done || !offsets.has(this.messages[index]!.offset)) continue;
      this.#states[index] = reported;
      news += 1;
    }
    return news;
  }

  /** What to settle the lease with: everything is acknowledged but the exceptions. */
  settlement(): Outcome & { ack: "all"; release: number[] } {
    const retry: { offset: number; delayMs?: number }[] = [];
    const release: number[] = [];
    const deadLetter: { offset: number; reason?: string }[] = [];
    for (const { offset, outcome } of this.#exceptions) {
      if (outcome.kind === "release") release.push(offset);
      else if (outcome.kind === "retry") {
        retry.push(outcome.delayMs === null ? { offset } : { offset, delayMs: outcome.delayMs });
      } else deadLetter.push(outcome.reason === null ? { offset } : { offset, reason: outcome.reason });
    }
    return { ack: "all", retry, release, deadLetter };
  }
}

/** What handlers see of a chunk. */
class ChunkContext implements BatchContext {
  readonly topic: string;
  readonly group: string;
  readonly #chunk: Chunk;

  constructor(chunk: Chunk, topic: string, group: string) {
    this.#chunk = chunk;
    this.topic = topic;
    this.group = group;
  }

  get partition(): number {
    return this.#chunk.lease.partition;
  }

  get leaseId(): string {
    return this.#chunk.lease.id;
  }

  get signal(): AbortSignal {
    return this.#chunk.lease.signal;
  }

  settle(message: DeliveredMessage, outcome?: HandlerOutcome): void {
    const index = indexOf(this.#chunk.messages, message.offset);
    if (index < 0)
      throw new TidegateError("INVALID", "the message is not of this batch", { field: "message" });
    this.#chunk.decide(index, outcome ?? null);
  }
}

function indexOf(messages: readonly DeliveredMessage[], offset: number): number {
  let low = 0;
  let high = messages.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = messages[middle]!.offset;
    if (found === offset) return middle;
    if (found < offset) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
