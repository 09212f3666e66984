/** What becomes of a message that the endpoint did not handle, as it said. */
export interface ItemFailure {
  readonly outcome: "retry" | "release" | "dead-letter";
  /** Of a retry: when; null: by the group's back-off. */
  readonly delayMs: number | null;
  readonly reason: string;
}

/** What an answer said of single messages, by their ids; those that are not named were handled. */
export interface Said {
  readonly failures: ReadonlyMap<string, ItemFailure>;
  readonly results: ReadonlyMap<string, unknown>;
}

/** Failed as a whole: an attempt is spent. What it tells of the endpoint: it answers, it is unwell, or nothing. */
export interface Failed {
  readonly kind: "failed";
  readonly reason: string;
  readonly endpoint: "well" | "unwell" | "unknown";
}

/** What comes of a call without an answer that could be judged. */
export type Uncalled =
  | Failed
  /** It could not be reached: nothing was sent. */
  | { readonly kind: "unreached"; readonly reason: string }
  /** Whoever called has given up: the lease is lost, or the process stops. */
  | { readonly kind: "abandoned" };

/** What came of one call of an endpoint with messages. */
export type Verdict =
  | Uncalled
  /** A 2xx. */
  | { readonly kind: "answered"; readonly said: Said }
  /** The endpoint will never take it. */
  | { readonly kind: "rejected"; readonly reason: string }
  /**
   * 429 or 503: not now. `retryAfterMs` is null where it does not say when, `said` where it says nothing of single
   * messages.
   */
  | {
      readonly kind: "busy";
      readonly reason: string;
      readonly retryAfterMs: number | null;
      readonly said: Said | null;
    };
