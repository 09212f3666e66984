import type { Meter } from "@tidegate/core";
import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import type { Worker } from "@tidegate/worker";
import { Ledger } from "../ledger.ts";
import { MessageSet } from "../message-set.ts";
import { appendAll, type OpenEngine, openEngine, topic } from "../tidegate.ts";
import { consumeWithWorker } from "../tidegate-worker.ts";

const hourMs = 3_600_000;

export interface GrowingEngineOptions {
  readonly redis: EmbeddedRedis;
  /** All messages that will ever be appended. */
  readonly count: number;
  readonly payloadBytes: number;
  readonly partitions?: number;
  readonly groups?: number;
  readonly namespace?: string | undefined;
  readonly meter?: Meter | undefined;
  /** Told of each worker, before it starts. */
  readonly onWorker?: ((worker: Worker, group: string) => void) | undefined;
}

/** An engine whose log grows step by step, with groups that read it. Knows what each group has had. */
export class GrowingEngine {
  readonly #open: OpenEngine;
  readonly #messages: MessageSet;
  readonly #ledgers: Map<string, Ledger>;
  readonly #onWorker: NonNullable<GrowingEngineOptions["onWorker"]>;
  #appended = 0;

  private constructor(
    open: OpenEngine,
    messages: MessageSet,
    groups: number,
    onWorker: GrowingEngineOptions["onWorker"] = () => {},
  ) {
    this.#open = open;
    this.#messages = messages;
    this.#onWorker = onWorker;
    this.#ledgers = new Map(
      Array.from({ length: groups }, (_, index) => [`readers-${index}`, new Ledger(messages)]),
    );
  }

  static async open(options: GrowingEngineOptions): Promise<GrowingEngine> {
    const { redis, count, payloadBytes, partitions = 4, groups = 1, namespace, meter, onWorker } = options;
    const open = await openEngine(redis, { partitions, namespace, meter });
    const growing = new GrowingEngine(open, new MessageSet(count, payloadBytes), groups, onWorker);
    for (const group of growing.#ledgers.keys()) await open.engine.groups.put(topic, group, {});
    return growing;
  }

  /** Appends the next messages; returns the time a message, in µs. */
  async append(count: number): Promise<number> {
    const from = this.#appended;
    this.#appended += count;
    const startedAt = performance.now();
    await appendAll(this.#open.engine, this.#messages, { from, to: from + count });
    return ((performance.now() - startedAt) * 1000) / count;
  }

  /** Publishes messages that are due in one to two hours, and throws unless all of them wait. */
  async appendDelayed(messages: MessageSet): Promise<void> {
    const { engine } = this.#open;
    await appendAll(engine, messages, { delayMs: (index) => hourMs + ((index * 7919) % hourMs) });
    const { partitionStates } = await engine.topics.describe(topic);
    const waiting = partitionStates.reduce((sum, { delayed }) => sum + delayed, 0);
    if (waiting !== messages.count) throw new Error(`of ${messages.count} delayed messages ${waiting} wait`);
  }

  /** Lets each group consume so many messages, one group after the other; returns the time a message, in µs. */
  async consume(count: number): Promise<number> {
    let micros = 0;
    for (const [group, ledger] of this.#ledgers) micros += 1e6 / (await this.#consume(group, count, ledger));
    return micros / this.#ledgers.size;
  }

  /** Lets each group consume what is left, and throws unless it has had every message once. */
  async close(): Promise<void> {
    try {
      for (const [group, ledger] of this.#ledgers) {
        const left = this.#messages.count - ledger.delivered;
        if (left > 0) await this.#consume(group, left, ledger);
        ledger.close(`tidegate, ${group}`);
      }
    } finally {
      await this.#open.close();
    }
  }

  #consume(group: string, count: number, ledger: Ledger): Promise<number> {
    const onWorker = (worker: Worker) => this.#onWorker(worker, group);
    return consumeWithWorker(this.#open.engine, group, count, ledger, onWorker);
  }
}
