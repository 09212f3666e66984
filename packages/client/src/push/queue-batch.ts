import { limits } from "@tidegate/contracts";
import { fromBase64 } from "../base64.ts";
import { outcomeOfThrow, type PushOutcome, retry } from "./outcome.ts";
import type { PushedMessage } from "./pushed-message.ts";
import type { Push } from "./verify-push.ts";

/** Options of a retry, as Cloudflare Queues has them. */
export interface QueueRetryOptions {
  delaySeconds?: number;
}

/** A message as Cloudflare Queues hands it to a consumer. */
export interface QueueMessage<Body = unknown> {
  readonly id: string;
  readonly timestamp: Date;
  readonly body: Body;
  readonly attempts: number;
  ack(): void;
  retry(options?: QueueRetryOptions): void;
}

/** A batch as Cloudflare Queues hands it to a consumer. */
export interface QueueBatch<Body = unknown> {
  readonly queue: string;
  readonly messages: QueueMessage<Body>[];
  /** How much waits is not known here: always nothing. */
  readonly metadata: { readonly metrics: { backlogCount: number; backlogBytes: number } };
  ackAll(): void;
  retryAll(options?: QueueRetryOptions): void;
}

/** What a handler has called on one message, or on the batch. */
interface Call {
  readonly kind: "ack" | "retry";
  delayMs: number | undefined;
}

/**
 * A push as a batch of Cloudflare Queues, and what became of it. By its documentation: the first call on a message wins,
 * a call on a message goes before one on the batch, and what nobody called anything on follows the handler: acknowledged
 * when it returns, retried when it throws.
 */
export class BatchOfPush<Body> {
  readonly batch: QueueBatch<Body>;
  readonly #calls: (Call | undefined)[] = [];
  #batchCall: Call | undefined;

  constructor(push: Push) {
    this.batch = {
      queue: push.topic,
      messages: push.messages.map((message, index) => this.#message(message, index)),
      metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
      ackAll: () => this.#callAll("ack"),
      retryAll: (options) => this.#callAll("retry", options),
    };
  }

  /** What becomes of each message when the handler has returned. */
  returned(): (PushOutcome | null)[] {
    return this.#outcomes(() => null);
  }

  /** What becomes of each message when the handler has thrown. */
  threw(thrown: unknown): (PushOutcome | null)[] {
    return this.#outcomes(() => outcomeOfThrow(thrown));
  }

  #outcomes(undecided: () => PushOutcome | null): (PushOutcome | null)[] {
    return this.batch.messages.map((_, index) => {
      const call = this.#calls[index] ?? this.#batchCall;
      if (call === undefined) return undecided();
      if (call.kind === "ack") return null;
      const delayMs =
        call.delayMs ?? (this.#batchCall?.kind === "retry" ? this.#batchCall.delayMs : undefined);
      return retry(delayMs === undefined ? {} : { delayMs });
    });
  }

  #message(message: PushedMessage, index: number): QueueMessage<Body> {
    return {
      id: message.id,
      timestamp: new Date(message.timestamp),
      body: bodyOf(message) as Body,
      attempts: message.attempt,
      ack: () => this.#call(index, "ack"),
      retry: (options) => this.#call(index, "retry", options),
    };
  }

  /**
   * As workerd does it, also where the documentation is silent: nothing undoes `ackAll`, only a retry refines `retryAll`, and
   * of several retries the last one says when.
   */
  #call(index: number, kind: Call["kind"], options?: QueueRetryOptions): void {
    const former = this.#calls[index];
    if (this.#batchCall?.kind === "ack") return;
    if (kind === "ack" && this.#batchCall?.kind === "retry") return;
    if (former === undefined) this.#calls[index] = { kind, delayMs: delayOf(options) };
    else if (former.kind === "retry" && kind === "retry") former.delayMs = delayOf(options);
  }

  #callAll(kind: Call["kind"], options?: QueueRetryOptions): void {
    if (this.#batchCall === undefined) this.#batchCall = { kind, delayMs: delayOf(options) };
    else if (this.#batchCall.kind === "retry" && kind === "retry")
      this.#batchCall.delayMs = delayOf(options) ?? this.#batchCall.delayMs;
  }
}

/** JSON as its value, text as a string, other bytes as an ArrayBuffer, no value as null. */
function bodyOf({ wire }: PushedMessage): unknown {
  if (wire.valueBase64 === undefined) return wire.value ?? null;
  return wire.valueBase64 === null ? null : fromBase64(wire.valueBase64).buffer;
}

function delayOf(options: QueueRetryOptions | undefined): number | undefined {
  if (options?.delaySeconds === undefined) return undefined;
  const seconds = Math.trunc(Number(options.delaySeconds)) || 0;
  return Math.min(Math.max(0, seconds * 1000), limits.retryDelayMs);
}
