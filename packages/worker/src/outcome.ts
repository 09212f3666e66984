import { limits, TidegateError } from "@tidegate/contracts";

/** What becomes of a message that is not acknowledged. A handler returns or throws it. */
export class HandlerOutcome {
  readonly kind: "retry" | "release" | "dead-letter";
  /** For a retry: how long it waits; null means by the group's back-off. */
  readonly delayMs: number | null;
  /** For a dead letter: what its log shows. */
  readonly reason: string | null;

  constructor(kind: HandlerOutcome["kind"], delayMs: number | null, reason: string | null) {
    this.kind = kind;
    this.delayMs = delayMs;
    this.reason = reason;
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
