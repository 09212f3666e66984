/** A partition as it was read back in the end. */
export interface FinalPartition {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  readonly delayed: number;
  /** Offset and id of all that the log has, in its order. */
  readonly messages: readonly (readonly [offset: number, id: string])[];
}

/** A group in a partition as it was described in the end. */
export interface FinalCursor {
  readonly partition: number;
  readonly next: number;
  readonly committed: number;
  readonly end: number;
  readonly inFlight: number;
  readonly retrying: number;
  readonly acked: number;
  readonly deadLettered: number;
  readonly expired: number;
}

export interface FinalGroup {
  readonly name: string;
  readonly ordering: "none" | "partition" | "key";
  readonly maxDeliveries: number;
  /** Messages in flight at most: in all, and of one key. */
  readonly concurrency: number | null;
  readonly perKey: {
    readonly concurrency: number | null;
    readonly rate: { readonly limit: number; readonly intervalMs: number; readonly burst: number } | null;
  } | null;
  /** Whether somebody consumed it to the end. */
  readonly drained: boolean;
  readonly cursors: readonly FinalCursor[];
  readonly deadLetters: readonly { readonly partition: number; readonly offset: number }[];
}

export interface FinalTopic {
  readonly name: string;
  readonly topicId: string;
  /** With policy `queue` nothing leaves the log before every group is done with it. */
  readonly policy: "log" | "queue";
  readonly partitions: readonly FinalPartition[];
  readonly groups: readonly FinalGroup[];
  /** What the engine's own recount found. */
  readonly audit: readonly string[];
  /** Each gate that the topic had and still tells of: units admitted. */
  readonly admitted: { readonly id: string; readonly units: number } | null;
}

/** Everything as it was when the faults had ended and the consumers had nothing left to do. */
export interface FinalState {
  readonly topics: readonly FinalTopic[];
}
