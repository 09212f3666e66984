import { defaults, limits, TidegateError } from "@tidegate/contracts";
import { resultText } from "@tidegate/core";

/** What becomes of a message that is not simply acknowledged. A handler returns or throws it. */
export class HandlerOutcome {
  readonly kind: "retry" | "release" | "dead-letter" | "result";
  /** For a retry: how long it waits; null means by the group's back-off. */
  readonly delayMs: number | null;
  /** For a dead letter: what its log shows. */
  readonly reason: string | null;
  /** For a result: its JSON, and for how long it is kept. */
  readonly result: { readonly json: string; readonly ttlMs: number } | null;

  constructor(
    kind: HandlerOutcome["kind"],
    delayMs: number | null,
    reason: string | null,
    result: HandlerOutcome["result"] = null,
  ) {
    this.kind = kind;
    this.delayMs = delayMs;
    this.reason = reason;
    this.result = result;
  }
}

const plainRetry = new HandlerOutcome("retry", null, null);
const plainRelease = new HandlerOutcome("release", null, null);

/**
 * Deliver the message again: after `delayMs` (0 to a year), or without it by the group's back-off. Spends an
 * attempt; a message that has none left becomes a dead letter. Throws INVALID.
 */
export function retry(options: { delayMs?: number } = {}): HandlerOutcome {
  const { delayMs } = options;
  if (delayMs === undefined) return plainRetry;
  if (!Number.isInteger(delayMs) || delayMs < 0 || delayMs > limits.retryDelayMs) {
    throw new TidegateError("INVALID", `delayMs must be a whole number from 0 to ${limits.retryDelayMs}`, {
      field: "delayMs",
      limit: limits.retryDelayMs,
    });
  }
  return new HandlerOutcome("retry", delayMs, null);
}

/** Give the message back as if it had never been handed out: spends no attempt, and anybody may take it at once. */
export function release(): HandlerOutcome {
  return plainRelease;
}

/** Move the message to the group's dead-letter log now. A reason over its limit is cut. */
export function deadLetter(reason?: string): HandlerOutcome {
  return new HandlerOutcome(
    "dead-letter",
    null,
    reason === undefined ? null : reason.slice(0, limits.reasonLength),
  );
}

/**
 * Acknowledge the message, and keep a value for who holds its ticket: any JSON value of at most 64 KiB, for `ttlMs` (1 ms to
 * 7 days; default 1 h). A handler that runs again gives its result again, in the place of the former. Throws INVALID.
 */
export function result(value: unknown, options: { ttlMs?: number } = {}): HandlerOutcome {
  const { ttlMs = defaults.resultTtlMs } = options;
  if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > limits.resultTtlMs) {
    throw new TidegateError("INVALID", `ttlMs must be a whole number from 1 to ${limits.resultTtlMs}`, {
      field: "ttlMs",
      limit: limits.resultTtlMs,
    });
  }
  return new HandlerOutcome("result", null, null, { json: resultText(value, "value"), ttlMs });
}
