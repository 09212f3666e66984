/** Something that must not be. */
export interface Finding {
  /** Which of the invariants is broken. */
  readonly anomaly: string;
  /** Where, and what was seen. */
  readonly detail: string;
}

/** What the configuration lets go, and how much of it went: no findings. */
export interface Verdict {
  readonly findings: readonly Finding[];
  /** Acknowledged writes that a fault took away where its level of acks allows that. */
  readonly allowedLosses: Readonly<Record<string, number>>;
}
