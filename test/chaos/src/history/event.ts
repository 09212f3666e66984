/** A message as its producer sends it. */
export interface SentMessage {
  /** Unlike any other; the value in the log begins with it. */
  readonly id: string;
  /** Messages of one stream were handed over in the order of `n`, one after the other, by one producer. */
  readonly stream?: string;
  readonly n?: number;
  readonly key?: string;
  readonly partition?: number;
  readonly idempotencyKey?: string;
  readonly delayMs?: number;
  readonly deliverAt?: number;
}

export type AcksLevel = "leader" | "replicas" | "fsync";

/** Where a message went, or the code of why not. */
export type SentOutcome =
  | { readonly partition: number; readonly offset: number; readonly duplicate: boolean }
  | { readonly partition: number; readonly delayedId: number; readonly duplicate: boolean }
  | { readonly code: string };

/** Offset, id of the message, attempt. */
export type Delivered = readonly [offset: number, id: string, attempt: number];

/** First, last, attempt. */
export type SegmentSeen = readonly [first: number, last: number, attempt: number];

export interface SettleSeen {
  readonly ack: "all" | readonly number[];
  readonly retry: readonly number[];
  readonly release: readonly number[];
  readonly deadLetter: readonly number[];
  /** What becomes of what is named nowhere when `ack` is a list: a settle retries it, an extend keeps it. */
  readonly rest: "retry" | "keep";
}

/** What happened while acknowledged writes may be lost by the configuration. */
export interface Rollback {
  /** What was acknowledged from here on may be lost. */
  readonly lossFrom: number;
  /** Levels of acks of which nothing may be lost all the same. */
  readonly protects: readonly AcksLevel[];
}

/** Where a group stands in a partition. */
export interface CommittedSeen {
  readonly partition: number;
  readonly committed: number;
}

/** What somebody did or saw. A call is written down before it leaves, its answer when it is there. */
export type Happening =
  | {
      readonly type: "produce";
      readonly call: string;
      readonly topic: string;
      readonly acks: AcksLevel;
      readonly messages: readonly SentMessage[];
    }
  | {
      readonly type: "produced";
      readonly call: string;
      readonly topicId?: string;
      readonly outcomes?: readonly SentOutcome[];
      /** The call as a whole failed: whether its messages are in the log is not known. */
      readonly error?: string;
    }
  | { readonly type: "acquire"; readonly call: string; readonly topic: string; readonly group: string }
  | {
      readonly type: "acquired";
      readonly call: string;
      readonly lease: string;
      readonly partition: number;
      readonly deadline: number;
      readonly segments: readonly SegmentSeen[];
    }
  | {
      readonly type: "delivered";
      readonly topic: string;
      readonly group: string;
      readonly lease: string;
      readonly messages: readonly Delivered[];
    }
  | {
      /** A handler was called with these messages, in this order. */
      readonly type: "handle";
      readonly topic: string;
      readonly group: string;
      readonly lease: string;
      readonly partition: number;
      readonly messages: readonly Delivered[];
    }
  | {
      readonly type: "settle";
      readonly call: string;
      readonly topic: string;
      readonly group: string;
      readonly lease: string;
      readonly outcome: SettleSeen;
    }
  | { readonly type: "settled"; readonly call: string; readonly deadline?: number; readonly error?: string }
  | {
      readonly type: "sampled";
      readonly topic: string;
      readonly group: string;
      readonly partitions: readonly CommittedSeen[];
    }
  | { readonly type: "backlog"; readonly topic: string; readonly messages: number }
  | {
      readonly type: "gate";
      readonly call: string;
      readonly topic: string;
      readonly id: string;
      readonly stock: number | null;
      readonly perKey: number | null;
      readonly capacity: number | null;
    }
  | {
      /** What makes a group's, a topic's or everybody's past void; a growth, only the order of streams. */
      readonly type: "break";
      readonly call: string;
      readonly what: "seek" | "redrive" | "delete" | "grow" | "rollback";
      readonly topic: string | null;
      readonly group: string | null;
      readonly rollback?: Rollback;
    }
  | { readonly type: "fault"; readonly call: string; readonly kind: string; readonly target: string }
  /** The end of a gate, a break or a fault. */
  | { readonly type: "done"; readonly call: string; readonly error?: string };

/** A happening with its time (ms of the machine's monotonic clock, the same in all processes) and who saw it. */
export type HistoryEvent = Happening & { readonly at: number; readonly by: string };

/** What everybody saw, in order of time. */
export interface History {
  readonly events: readonly HistoryEvent[];
  /** What to add to `at` for milliseconds since the epoch by the clock that Redis has too. */
  readonly wallOffset: number;
}
