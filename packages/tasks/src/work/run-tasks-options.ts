import type { Engine } from "@tidegate/core";
import type { TaskRedis } from "../job/task-redis.ts";
import type { CallbackPort } from "./callbacks.ts";
import type { OnTaskEvent } from "./events.ts";

export interface RunTasksOptions {
  /** A client of ioredis, single or cluster. It is duplicated, and never ended. */
  readonly redis: TaskRedis;
  /** Of the engine that is made when none is given. Default `tidegate`. */
  readonly namespace?: string | undefined;
  /** What handlers find in their context; on the same Redis. Never stopped here. */
  readonly engine?: Engine | undefined;
  /**
   * How long a run stays with a worker that is not heard of, in ms: 1,000 to 3,600,000, default 30,000. What a killed process had is
   * handed out again after one to two of these.
   */
  readonly lockMs?: number | undefined;
  /** How long a stop waits for handlers before it aborts their signals, in ms. Default 30,000. */
  readonly stopTimeoutMs?: number | undefined;
  readonly onEvent?: OnTaskEvent | undefined;
  /** Publishes callbacks. Default: HTTP tasks of the engine. */
  readonly callbacks?: CallbackPort | undefined;
}

/** Options with their defaults. */
export interface RunTasksSettings extends RunTasksOptions {
  readonly lockMs: number;
  readonly stopTimeoutMs: number;
}
