import { type DeliveredMessage, Engine } from "@tidegate/core";
import { connectRedis } from "@tidegate/demo-kit";
import { type BatchContext, deadLetter, result, Worker } from "@tidegate/worker";
import { readOrder } from "./order.ts";
import { OrderDatabase } from "./order-database.ts";
import { Pacer } from "./pacer.ts";

export interface OrderWorkerOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly topic: string;
  readonly group: string;
  readonly databaseFile: string;
  readonly drainPerSecond: number;
  /** Whether buyers who hold a ticket are told the number of their order. Default: nobody asks. */
  readonly answersTickets?: boolean;
  /** Told how many orders the database has, at the start and after each transaction. */
  readonly onWritten: (count: number) => void;
}

/** Ten transactions in a second: few enough for a disk, many enough for an even pace. */
const batchesPerSecond = 10;
const largestBatch = 1_000;

/** Takes orders from the log and writes them to the database, at the pace that was set. */
export class OrderWorker {
  readonly #options: OrderWorkerOptions;
  readonly #database: OrderDatabase;
  readonly #redis: ReturnType<typeof connectRedis>;
  readonly #engine: Engine;
  readonly #pacer: Pacer;
  readonly #worker: Worker;
  #written: number;
  #stopped: Promise<void> | null = null;

  constructor(options: OrderWorkerOptions) {
    const { drainPerSecond, namespace, topic, group } = options;
    const batch = Math.min(largestBatch, Math.max(1, Math.floor(drainPerSecond / batchesPerSecond)));
    this.#options = options;
    this.#database = new OrderDatabase(options.databaseFile);
    this.#written = this.#database.count();
    this.#redis = connectRedis(options.redisUrl);
    this.#engine = new Engine({ redis: this.#redis, namespace });
    this.#pacer = new Pacer(drainPerSecond, batch);
    this.#worker = new Worker({
      engine: this.#engine,
      topic,
      group,
      maxMessages: batch,
      batchHandler: (messages, context) => this.#write(messages, context),
    });
    this.#worker.on("error", (error) => console.error(`order worker: ${error.message}`));
    this.#worker.on("failed", ({ error, messages }) => {
      console.error(`order worker: ${messages.length} orders failed: ${error}`);
    });
  }

  async start(): Promise<void> {
    this.#options.onWritten(this.#written);
    await this.#engine.start();
    await this.#worker.start();
  }

  /** Writes what was begun, gives the rest back, and closes the database. May be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    await this.#worker.stop();
    await this.#engine.stop();
    this.#redis.disconnect();
    this.#database.close();
  }

  /**
   * One batch, one transaction. Killed before the commit: the messages come back after their deadline and are written then. Killed after
   * it, before they are acknowledged: they come back and meet their own rows.
   */
  async #write(messages: readonly DeliveredMessage[], context: BatchContext): Promise<void> {
    const orders = messages.flatMap((message) => {
      const order = readOrder(message, context.partition);
      if (order === null) context.settle(message, deadLetter("not an order"));
      return order ?? [];
    });
    await this.#pacer.take(orders.length, context.signal);
    this.#written += this.#database.write(orders, performance.timeOrigin + performance.now());
    this.#options.onWritten(this.#written);
    if (!this.#options.answersTickets) return;
    const written = new Set(orders.map(({ offset }) => offset));
    for (const message of messages)
      if (written.has(message.offset)) context.settle(message, result({ order: message.offset + 1 }));
  }
}
