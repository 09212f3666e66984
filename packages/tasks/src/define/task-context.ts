import type { Engine, OutgoingMessage } from "@tidegate/core";

/** What a run that this one waited for has returned. */
export interface ChildOutput {
  readonly task: string;
  readonly id: string;
  readonly output: unknown;
}

/** Where a message lies that a task has published. */
export interface PublishedMessage {
  readonly partition: number;
  /** Null while the message is delayed. */
  readonly offset: number | null;
  /** An earlier attempt of this run has published it. */
  readonly duplicate: boolean;
}

/** What a handler knows of its run, and can do besides returning. */
export interface TaskContext {
  readonly id: string;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** Aborted when the run is cancelled, when its time is up, and when its worker stops. */
  readonly signal: AbortSignal;
  /** When the run was enqueued, in ms since 1970. */
  readonly enqueuedAt: number;
  /** Tells how far the run is: any JSON value, at most 16 KiB as text. */
  progress(value: unknown): Promise<void>;
  /** Notes a line, of which at most 4 KiB are kept, and of a run the last 1,000. */
  log(line: string): Promise<void>;
  /** What the runs have returned that this one waited for; those that failed and may are left out. */
  children(): Promise<ChildOutput[]>;
  /** The worker's engine: topics and groups beside the tasks. */
  readonly engine: Engine;
  /**
   * Publishes to a topic, once: an attempt that comes after it publishes nothing again, as long as a run publishes in the same
   * order each time (for 24 hours). `idempotencyKey` replaces the one that is made of task, id and number.
   */
  publish(topic: string, message: OutgoingMessage): Promise<PublishedMessage>;
}
