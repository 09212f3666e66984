import type { Chunk } from "./chunk.ts";
import { deadLetter, HandlerOutcome, release, retry } from "./outcome.ts";
import type { Tell } from "./worker-events.ts";

/** Turns what handlers return and throw into decisions, and tells of failures. */
export class Verdicts {
  readonly #tell: Tell;
  /** The group's limit of deliveries; changes when the group's settings do. */
  maxDeliveries: number;

  constructor(tell: Tell, maxDeliveries: number) {
    this.#tell = tell;
    this.maxDeliveries = maxDeliveries;
  }

  /** A message handler has returned. */
  returned(chunk: Chunk, index: number, value: unknown): void {
    if (index === 0) this.#sample(chunk, 1, asksFor(value));
    if (value instanceof HandlerOutcome) this.#except(chunk, index, value, undefined);
    else chunk.decide(index, null);
  }

  /** A message handler has thrown. */
  threw(chunk: Chunk, index: number, thrown: unknown): void {
    if (index === 0) this.#sample(chunk, 1, !(thrown instanceof HandlerOutcome) || isFailure(thrown));
    if (thrown instanceof HandlerOutcome) this.#except(chunk, index, thrown, undefined);
    else this.#except(chunk, index, this.#ofError(chunk, chunk.messages[index]!.attempt, thrown), thrown);
  }

  /** A batch handler has returned, for the messages from index `from` to before `to`. */
  batchReturned(chunk: Chunk, value: unknown, from: number, to: number): void {
    if (from === 0) this.#sample(chunk, to, asksFor(value) || (Array.isArray(value) && value.some(asksFor)));
    if (value instanceof HandlerOutcome) this.#exceptRest(chunk, value, undefined, from, to);
    else if (Array.isArray(value)) {
      for (let index = from; index < to; index++) {
        const outcome: unknown = value[index - from];
        if (outcome instanceof HandlerOutcome) this.#except(chunk, index, outcome, undefined);
      }
    }
    chunk.decideRest(null, from, to);
  }

  /** A batch handler has thrown. */
  batchThrew(chunk: Chunk, thrown: unknown, from: number, to: number): void {
    if (from === 0) this.#sample(chunk, to, !(thrown instanceof HandlerOutcome) || isFailure(thrown));
    if (thrown instanceof HandlerOutcome) {
      this.#exceptRest(chunk, thrown, undefined, from, to);
      return;
    }
    // Those on their last attempt become dead letters, each told with its own outcome; the others fail together.
    for (let index = from; index < to; index++) {
      const { attempt } = chunk.messages[index]!;
      if (attempt >= this.maxDeliveries)
        this.#except(chunk, index, this.#ofError(chunk, attempt, thrown), thrown);
    }
    this.#exceptRest(chunk, this.#ofError(chunk, 0, thrown), thrown, from, to);
  }

  /**
   * What becomes of a message whose handler has failed. A handler that ends because a stop has aborted it did not
   * fail. On the last attempt the message would become a dead letter anyway: it takes the error's text along.
   */
  #ofError(chunk: Chunk, attempt: number, thrown: unknown): HandlerOutcome {
    if (chunk.lease.aborted) return release();
    return attempt >= this.maxDeliveries ? deadLetter(describe(thrown)) : retry();
  }

  /** What is handed out first began when its chunk did. */
  #sample({ lease, startedAt }: Chunk, messages: number, failed: boolean): void {
    this.#tell("handled", {
      partition: lease.partition,
      messages,
      ms: performance.now() - startedAt,
      failed,
    });
  }

  #except(chunk: Chunk, index: number, outcome: HandlerOutcome, error: unknown): void {
    const message = chunk.messages[index]!;
    if (!chunk.decide(index, outcome) || !isFailure(outcome)) return;
    this.#tell("failed", { partition: chunk.lease.partition, messages: [message], outcome, error });
  }

  #exceptRest(chunk: Chunk, outcome: HandlerOutcome, error: unknown, from: number, to: number): void {
    const messages = chunk.decideRest(outcome, from, to);
    if (messages.length === 0 || !isFailure(outcome)) return;
    this.#tell("failed", { partition: chunk.lease.partition, messages, outcome, error });
  }
}

function asksFor(value: unknown): boolean {
  return value instanceof HandlerOutcome && isFailure(value);
}

function isFailure({ kind }: HandlerOutcome): boolean {
  return kind === "retry" || kind === "dead-letter";
}

function describe(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  try {
    return String(thrown);
  } catch {
    return "the handler threw something that has no text";
  }
}
