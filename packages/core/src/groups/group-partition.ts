/** A lease that somebody holds. */
export interface HeldLease {
  readonly id: string;
  readonly consumer: string | null;
  readonly deadline: number;
  readonly messages: number;
}

/** Where a group stands in a partition. */
export interface GroupPartition {
  readonly partition: number;
  /** First offset that was never handed out. */
  readonly next: number;
  /** First offset that has not ended: everything before it is acknowledged, dead-lettered or expired. */
  readonly committed: number;
  readonly end: number;
  /** Messages that have not ended. */
  readonly lag: number;
  readonly inFlight: number;
  /** Waiting for another attempt, or for their burial. */
  readonly retrying: number;
  readonly acked: number;
  readonly deadLettered: number;
  readonly expired: number;
  /** At most 100, in order of deadline. */
  readonly leases: readonly HeldLease[];
}
