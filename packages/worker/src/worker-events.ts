import type { EventEmitter } from "node:events";
import type { TidegateError } from "@tidegate/contracts";
import type { DeliveredMessage, SettleResult } from "@tidegate/core";
import type { HandlerOutcome } from "./outcome.ts";

export interface LeaseSettled extends SettleResult {
  readonly partition: number;
  readonly leaseId: string;
}

export interface MessagesFailed {
  readonly partition: number;
  /** Never empty. */
  readonly messages: readonly DeliveredMessage[];
  /** What becomes of them. */
  readonly outcome: HandlerOutcome;
  /** What the handler threw; undefined where it asked for the outcome. */
  readonly error: unknown;
}

export interface LeaseExtended {
  readonly partition: number;
  readonly leaseId: string;
  /** Milliseconds since 1970, by Redis's clock. */
  readonly deadline: number;
}

export interface LeaseLost {
  readonly partition: number;
  readonly leaseId: string;
  /** How many messages the lease had that were not acknowledged before. */
  readonly messages: number;
  readonly error: TidegateError;
}

/** A sample of how long handling takes: one for each lot of messages that came together. */
export interface MessagesHandled {
  readonly partition: number;
  /** What the handler was given: a batch, or 1 for the first message of the lot. */
  readonly messages: number;
  readonly ms: number;
  /** Whether it threw, or asked for a retry or a dead letter. */
  readonly failed: boolean;
}

export interface WorkerStopped {
  /** Messages that were released while their handler was still running. */
  readonly abandoned: number;
}

/** The events of a worker, with their arguments. */
export interface WorkerEvents {
  settled: [LeaseSettled];
  handled: [MessagesHandled];
  failed: [MessagesFailed];
  extended: [LeaseExtended];
  "lease-lost": [LeaseLost];
  error: [TidegateError];
  idle: [];
  stopped: [WorkerStopped];
}

/** Tells an event to the worker's listeners. */
export type Tell = <Name extends keyof WorkerEvents>(name: Name, ...args: WorkerEvents[Name]) => void;

/**
 * Makes the one way in which events leave: nothing is told without a listener (an unheard `error` must not end
 * the process), and a listener that throws ends up as an uncaught exception of its own, not in the middle of a
 * lease.
 */
export function tellTo(emitter: EventEmitter<WorkerEvents>): Tell {
  return (name, ...args) => {
    if (emitter.listenerCount(name) === 0) return;
    try {
      (emitter as EventEmitter).emit(name, ...args);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  };
}
