import { limits, TidegateError } from "@tidegate/contracts";

/** What becomes of a pushed message. A handler returns or throws it. */
export type PushOutcome = Retry | Release | DeadLetter | RetryAfter | Result;

class Retry {
  readonly kind = "retry";
  /** Null means by the group's back-off. */
  readonly delayMs: number | null;
  /** Why, where something was thrown. */
  readonly reason: string | null;

  constructor(delayMs: number | null, reason: string | null) {
    this.delayMs = delayMs;
    this.reason = reason;
  }
}

class Release {
  readonly kind = "release";
}

class DeadLetter {
  readonly kind = "dead-letter";
  readonly reason: string | null;

  constructor(reason: string | null) {
    this.reason = reason;
  }
}

class RetryAfter {
  readonly kind = "retry-after";
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

class Result {
  readonly kind = "result";
  /** As it leaves. */
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

const kinds = [Retry, Release, DeadLetter, RetryAfter, Result];

/** What Tidegate waits at most, whatever it is asked for. */
const maxPauseSeconds = 3_600;

/**
 * Deliver the message again: after `delayMs` (0 to a year), or without it by the group's back-off. Spends an attempt; a
 * message that has none left becomes a dead letter. Throws INVALID.
 */
export function retry(options: { delayMs?: number } = {}): PushOutcome {
  const { delayMs } = options;
  if (delayMs !== undefined) whole("delayMs", delayMs, 0, limits.retryDelayMs);
  return new Retry(delayMs ?? null, null);
}

/** Give the message back as if it had never been handed out: spends no attempt, and it comes again at once. */
export function release(): PushOutcome {
  return new Release();
}

/** Move the message to the group's dead-letter log now. A reason over its limit is cut. */
export function deadLetter(reason?: string): PushOutcome {
  return new DeadLetter(reason === undefined ? null : cut(reason));
}

/**
 * Come back in so many seconds (1 to 3,600) with this message and with everything else: the request is answered with 503,
 * and Tidegate sends this group nothing until then. Spends no attempt. Throws INVALID.
 */
export function retryAfter(seconds: number): PushOutcome {
  whole("seconds", seconds, 1, maxPauseSeconds);
  return new RetryAfter(seconds);
}

/**
 * The message is handled, and this is its result: JSON of up to 64 KiB, kept for who holds its ticket. Throws INVALID for
 * what JSON cannot hold and for what is larger.
 */
export function result(value: unknown): PushOutcome {
  const json = encode(value);
  if (new TextEncoder().encode(json).length <= limits.resultBytes) return new Result(json);
  throw new TidegateError("INVALID", `The result is over ${limits.resultBytes} bytes of JSON`, {
    field: "result",
    limit: limits.resultBytes,
  });
}

/** An error that no other attempt can cure: the message becomes a dead letter at once, with the error's text. */
export class NeverRetry extends Error {
  override readonly name: string = "NeverRetry";
}

/** What a returned value means; null is an acknowledgement. */
export function outcomeOfReturn(value: unknown): PushOutcome | null {
  return isOutcome(value) ? value : null;
}

/** What a thrown value means: an outcome itself, or that the message has failed. */
export function outcomeOfThrow(thrown: unknown): PushOutcome {
  if (isOutcome(thrown)) return thrown;
  if (thrown instanceof NeverRetry) return new DeadLetter(cut(thrown.message));
  return new Retry(null, cut(String(thrown)));
}

export function isOutcome(value: unknown): value is PushOutcome {
  return kinds.some((kind) => value instanceof kind);
}

function encode(value: unknown): string {
  let cause: unknown;
  try {
    const json: string | undefined = JSON.stringify(value);
    if (json !== undefined) return json;
  } catch (thrown) {
    cause = thrown;
  }
  const text = "The result cannot be written as JSON";
  throw new TidegateError("INVALID", text, { field: "result" }, cause);
}

function cut(text: string): string {
  return text.slice(0, limits.reasonLength);
}

function whole(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new TidegateError("INVALID", `${field} must be a whole number from ${least} to ${most}`, {
    field,
    limit: value < least ? least : most,
  });
}
