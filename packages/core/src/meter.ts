import type { ErrorCode } from "@tidegate/contracts";

/** What became of messages, as `SettleResult` counts it. */
interface SettledMessages {
  readonly acked: number;
  readonly retried: number;
  readonly released: number;
  readonly deadLettered: number;
}

/**
 * Hears what an engine does, for metrics. It is called in the delivery path, so each method must be quick and must not throw;
 * what is left out is not told. Counts are those of this process, by what it saw: a call that was repeated counts twice.
 */
export interface Meter {
  /** Messages that one call put into a partition's log or delayed store, bytes of their batches, and the id of the topic's gate. */
  appended?(topic: string, messages: number, bytes: number, gate: string | null): void;
  /** Messages that one call was refused, by code. */
  refused?(topic: string, code: ErrorCode, messages: number, gate: string | null): void;
  /** Messages of a lease that was handed out; `repeats` of them had been handed out before. */
  delivered?(topic: string, group: string, messages: number, repeats: number): void;
  /** One sample a lease: how long after its timestamp the first message was read for its consumer, in ms. */
  latency?(topic: string, group: string, ms: number): void;
  /** What became of a lease's messages, or of those that were acknowledged ahead of it. */
  settled?(topic: string, group: string, result: SettledMessages): void;
  /** A call to Redis: the script or command, how long its answer took in ms, and whether it failed. */
  called?(name: string, ms: number, failed: boolean): void;
}
