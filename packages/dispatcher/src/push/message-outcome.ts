/** What becomes of one message after a call. */
export type MessageOutcome =
  | { readonly kind: "acknowledge" }
  /** Spends an attempt; without `delayMs` by the group's back-off. */
  | { readonly kind: "retry"; readonly delayMs: number | null }
  /** As if it had never been handed out. */
  | { readonly kind: "release" }
  | { readonly kind: "dead-letter"; readonly reason: string };

export const acknowledge: MessageOutcome = { kind: "acknowledge" };
export const release: MessageOutcome = { kind: "release" };
