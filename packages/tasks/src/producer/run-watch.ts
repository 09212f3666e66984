import type { TaskBook } from "@tidegate/core";
import { QueueEvents, type QueueEventsOptions } from "bullmq";
import type { TaskRedis } from "../job/task-redis.ts";

/** A client of ioredis as it is: `duplicate` takes other settings. */
interface Duplicable {
  readonly isCluster?: boolean;
  duplicate(...args: unknown[]): TaskRedis;
}

/** BullMQ's events after which a run may be told differently. */
const kinds = [
  "active",
  "completed",
  "failed",
  "delayed",
  "waiting",
  "progress",
  "removed",
  "waiting-children",
];

/** A connection that nobody listens with is kept so long, for the next. */
const idleMs = 10_000;

/** A reading blocks for 10 s; a peer that is silent for so long has vanished. */
const silentMs = 60_000;

interface Listening {
  readonly events: QueueEvents;
  readonly ready: Promise<void>;
  readonly listeners: Map<string, Set<() => void>>;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/** Hears of changes of runs: one connection for each task that somebody watches, while somebody does. */
export class RunWatch {
  readonly #redis: TaskRedis;
  readonly #book: TaskBook;
  readonly #listening = new Map<string, Listening>();
  #closed = false;

  constructor(redis: TaskRedis, book: TaskBook) {
    this.#redis = redis;
    this.#book = book;
  }

  /**
   * Calls back whenever a run may have changed, from now on: who looks after this has resolved misses nothing. Answers what ends it.
   */
  async listen(task: string, id: string, changed: () => void): Promise<() => void> {
    if (this.#closed) return () => {};
    const listening = this.#listening.get(task) ?? this.#open(task);
    clearTimeout(listening.idle);
    listening.idle = undefined;
    const set = listening.listeners.get(id) ?? new Set();
    listening.listeners.set(id, set.add(changed));
    const unlisten = () => {
      set.delete(changed);
      if (set.size === 0 && listening.listeners.get(id) === set) listening.listeners.delete(id);
      if (listening.listeners.size === 0) this.#rest(task, listening);
    };
    try {
      await listening.ready;
    } catch (error) {
      unlisten();
      await this.#end(task);
      throw error;
    }
    return unlisten;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#listening.keys()];
    await Promise.all(all.map((task) => this.#end(task)));
  }

  #open(task: string): Listening {
    const client = this.#redis as unknown as Duplicable;
    const settings = {
      maxRetriesPerRequest: null,
      commandTimeout: undefined,
      socketTimeout: silentMs,
      lazyConnect: true,
    };
    // BullMQ duplicates what it is given, so this one is never connected.
    const pattern = client.isCluster
      ? client.duplicate(undefined, { redisOptions: settings, lazyConnect: true })
      : client.duplicate(settings);
    const events = new QueueEvents(task, {
      connection: pattern,
      prefix: this.#book.queuePrefix,
      skipVersionCheck: true,
      autorun: false,
    });
    events.on("error", () => {});
    const listening: Listening = {
      events,
      ready: this.#begin(events),
      listeners: new Map(),
      idle: undefined,
    };
    for (const kind of kinds)
      events.on(kind as "active", ({ jobId }) => {
        for (const changed of listening.listeners.get(jobId) ?? []) changed();
      });
    this.#listening.set(task, listening);
    return listening;
  }

  /** Reads from a moment before now: what happens until the first reading is heard as well. */
  async #begin(events: QueueEvents): Promise<void> {
    const now = await this.#book.runs.now();
    (events.opts as QueueEventsOptions).lastEventId = `${now - 1}-0`;
    void events.run().catch(() => {});
  }

  #rest(task: string, listening: Listening): void {
    clearTimeout(listening.idle);
    if (this.#listening.get(task) !== listening) return;
    listening.idle = setTimeout(() => void this.#end(task), idleMs);
    listening.idle.unref?.();
  }

  async #end(task: string): Promise<void> {
    const listening = this.#listening.get(task);
    if (listening === undefined) return;
    this.#listening.delete(task);
    clearTimeout(listening.idle);
    await listening.ready.catch(() => {});
    await listening.events.close().catch(() => {});
  }
}
