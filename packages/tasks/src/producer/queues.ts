import type { TaskBook } from "@tidegate/core";
import { Queue, QueueKeys, type RedisQueueBackend } from "bullmq";
import type { TaskRedis } from "../job/task-redis.ts";

/** BullMQ's keys of a queue, by kind. */
export type QueueKeyNames = ReturnType<QueueKeys["getKeys"]>;

/**
 * BullMQ's queues of a namespace, on the caller's connection. None of them asks Redis anything to begin with: no version, no
 * readiness, no meta data, so that a producer costs no round trip but its own.
 */
export class Queues {
  readonly prefix: string;
  readonly #redis: TaskRedis;
  readonly #queues = new Map<string, Queue>();
  readonly #keys = new Map<string, QueueKeyNames>();
  readonly #names: QueueKeys;

  constructor(redis: TaskRedis, book: TaskBook) {
    this.#redis = redis;
    this.prefix = book.queuePrefix;
    this.#names = new QueueKeys(this.prefix);
  }

  /** The queue of a task that is known to exist. */
  of(task: string): Queue {
    let queue = this.#queues.get(task);
    if (queue === undefined) {
      queue = new Queue(task, {
        connection: this.#redis,
        prefix: this.prefix,
        skipVersionCheck: true,
        skipWaitingForReady: true,
        skipMetasUpdate: true,
      });
      // The caller's connection tells its errors to the caller.
      queue.on("error", () => {});
      this.#queues.set(task, queue);
    }
    return queue;
  }

  /** What carries out BullMQ's scripts, for any queue whose keys it is given. */
  backend(task: string): RedisQueueBackend {
    const any = this.#queues.values().next().value ?? this.of(task);
    return any.getBackend() as RedisQueueBackend;
  }

  keysOf(task: string): QueueKeyNames {
    let keys = this.#keys.get(task);
    if (keys === undefined) {
      keys = this.#names.getKeys(task);
      this.#keys.set(task, keys);
    }
    return keys;
  }

  /** Lets go of the connection, which stays open. */
  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close().catch(() => {})));
    this.#queues.clear();
  }
}
