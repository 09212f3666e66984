import { randomBytes } from "node:crypto";
import { defaults, isGroupName, limits, TidegateError } from "@tidegate/contracts";
import type { DeliveredMessage, Engine } from "@tidegate/core";
import type { HandlerOutcome } from "./outcome.ts";
import { tracedBatchHandler, tracedHandler } from "./traced-handlers.ts";

/** What a handler is told about the lease that its messages came with. */
export interface HandlerContext {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  readonly leaseId: string;
  /** Aborted when the lease is lost, and when a stop has waited `stopTimeoutMs`. */
  readonly signal: AbortSignal;
}

export interface BatchContext extends HandlerContext {
  /**
   * Decides one message while the batch goes on; without an outcome it is acknowledged. It stays decided, whatever
   * the handler returns or throws afterwards. Throws INVALID for a message that is not of this batch.
   */
  settle(message: DeliveredMessage, outcome?: HandlerOutcome): void;
}

/** Returns nothing to acknowledge, or an outcome; throws to have the message retried. May be asynchronous. */
export type MessageHandler = (message: DeliveredMessage, context: HandlerContext) => unknown;

/**
 * Returns nothing to acknowledge all, one outcome for all, or an array with an outcome where a message has one.
 * May be asynchronous.
 */
export type BatchHandler = (messages: readonly DeliveredMessage[], context: BatchContext) => unknown;

export interface WorkerOptions {
  /** A started engine, so that wake-ups arrive. The worker never stops it. */
  engine: Pick<Engine, "topics" | "groups" | "results">;
  topic: string;
  /** Made with defaults where it is missing, except on a topic with the policy `queue`. */
  group: string;
  /** Whether a group that does not exist is made. Default true; false ends the start with GROUP_NOT_FOUND. */
  create?: boolean;
  /** Exactly one of `handler` and `batchHandler`. */
  handler?: MessageHandler;
  batchHandler?: BatchHandler;
  /** Messages (or batches) that are handled at once; in an ordered group, partitions. Default 1. */
  concurrency?: number;
  /**
   * Messages of one lease, and so of one batch: 1 to 1,000. Default 100. Small is right for slow handlers: what
   * one worker has leased, no other can take.
   */
  maxMessages?: number;
  /** Bytes of one lease. Default 4 MiB. A single larger message is still delivered. */
  maxBytes?: number;
  /** Default: the group's. Extended by itself while a handler runs; it is what a killed process costs. */
  leaseMs?: number;
  /** Shown in the group's description. Default: a random name. */
  consumer?: string;
  /** How long a stop waits for handlers before it aborts their signals. Default 30,000. */
  stopTimeoutMs?: number;
  /** Whether calls of the handler are spans, where an OpenTelemetry SDK is installed. Default true. */
  tracing?: boolean;
}

/** Options with their defaults. */
export interface WorkerSettings {
  readonly topics: Engine["topics"];
  readonly groups: Engine["groups"];
  readonly results: Engine["results"];
  readonly topic: string;
  readonly group: string;
  readonly create: boolean;
  readonly handler: MessageHandler | null;
  readonly batchHandler: BatchHandler | null;
  readonly concurrency: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly leaseMs: number | null;
  readonly consumer: string;
  readonly stopTimeoutMs: number;
}

const concurrencyLimit = 10_000;
const stopTimeoutLimitMs = 24 * 60 * 60 * 1000;

/** Fills in defaults. Throws INVALID with the option's name. */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  const { handler = null, batchHandler = null, tracing = true } = options;
  if ((handler === null) === (batchHandler === null))
    refuse("handler", "exactly one of handler and batchHandler is needed");
  if (typeof (handler ?? batchHandler) !== "function") refuse("handler", "the handler must be a function");
  if (typeof options.topic !== "string" || options.topic === "") refuse("topic", "topic must be a name");
  if (typeof options.group !== "string" || !isGroupName(options.group))
    refuse("group", "group must be a name");
  const consumer = options.consumer ?? `worker-${randomBytes(6).toString("hex")}`;
  if (consumer === "" || consumer.length > limits.consumerLength) {
    refuse("consumer", `consumer must have 1 to ${limits.consumerLength} characters`, limits.consumerLength);
  }
  return {
    topics: options.engine.topics,
    groups: options.engine.groups,
    results: options.engine.results,
    topic: options.topic,
    group: options.group,
    create: options.create ?? true,
    handler: tracing && handler !== null ? tracedHandler(handler) : handler,
    batchHandler: tracing && batchHandler !== null ? tracedBatchHandler(batchHandler) : batchHandler,
    concurrency: whole("concurrency", options.concurrency ?? 1, 1, concurrencyLimit),
    maxMessages: whole(
      "maxMessages",
      options.maxMessages ?? defaults.receiveMessages,
      1,
      limits.receiveMessages,
    ),
    maxBytes: whole("maxBytes", options.maxBytes ?? defaults.receiveBytes, 1, limits.receiveBytes),
    leaseMs:
      options.leaseMs === undefined
        ? null
        : whole("leaseMs", options.leaseMs, limits.leaseMsMin, limits.leaseMs),
    consumer,
    stopTimeoutMs: whole("stopTimeoutMs", options.stopTimeoutMs ?? 30_000, 0, stopTimeoutLimitMs),
  };
}

function whole(field: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(
    field,
    `${field} must be a whole number from ${least} to ${most}`,
    value < least ? least : most,
  );
}

function refuse(field: string, message: string, limit?: number): never {
  throw new TidegateError("INVALID", message, limit === undefined ? { field } : { field, limit });
}
