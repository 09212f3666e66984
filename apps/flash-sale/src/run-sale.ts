import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "@tidegate/core";
import { startEmbeddedRedis } from "@tidegate/embedded-redis";
import { type Balance, balanceBooks } from "./books/balance-books.ts";
import { drainRate } from "./books/drain-rate.ts";
import { gatherBooks } from "./books/gather-books.ts";
import { connectRedis } from "./connect-redis.ts";
import { planVisits } from "./crowd/plan-visits.ts";
import { Receipts } from "./crowd/receipts.ts";
import { storm } from "./crowd/storm.ts";
import { forgetNamespace } from "./forget-namespace.ts";
import { group, openSale, topic } from "./open-sale.ts";
import type { SaleOptions } from "./options.ts";
import { OrderDatabase, type OrderRow } from "./orders/order-database.ts";
import { OrderWorkerProcess } from "./orders/order-worker-process.ts";
import { type ServerProcess, startServerProcess } from "./processes/server-process.ts";
import type { SaleProgress } from "./report/progress.ts";

export interface SaleHooks {
  /** Told ten times in a second, and when a phase begins. */
  readonly onProgress?: (progress: SaleProgress) => void;
  /** Told the number of each process that writes orders. */
  readonly onOrderWorker?: (pid: number) => void;
  /** Told what is installed. */
  readonly log?: (line: string) => void;
  /** Ends the sale; everything that was started is stopped. */
  readonly signal?: AbortSignal;
}

/** What came of a sale. */
export interface SaleReport {
  readonly buyers: number;
  readonly stock: number;
  readonly receipts: Receipts;
  readonly balance: Balance;
  readonly drainPerSecondSet: number;
  /** As measured. */
  readonly drainPerSecond: number;
  /** From the first request to the last answer. */
  readonly stormSeconds: number;
  /** From the first request to the last written order. */
  readonly seconds: number;
}

const connections = 128;
const progressEveryMs = 100;
/** Longer than a lease: so long no order was written, and none will be. */
const stalledMs = 20_000;

/**
 * Runs a flash sale over real processes: a Redis, a server, a process that writes orders, and the crowd in this one.
 * Rejects when something does not start or dies, and with the signal's reason. Leaves nothing behind in any case.
 */
export async function runSale(options: SaleOptions, hooks: SaleHooks = {}): Promise<SaleReport> {
  const sale = new Sale(options, hooks);
  try {
    return await sale.run();
  } finally {
    await sale.stop();
  }
}

class Sale {
  readonly #options: SaleOptions;
  readonly #hooks: SaleHooks;
  readonly #namespace = `flash-sale-${randomBytes(6).toString("hex")}`;
  readonly #receipts = new Receipts();
  readonly #died = new AbortController();
  readonly #signal: AbortSignal;
  readonly #writes = new EventEmitter<{ written: [] }>();
  /** What stops what was started; the last one goes first. */
  readonly #started: (() => unknown)[] = [];
  #phase = "starting";
  #written = 0;

  constructor(options: SaleOptions, hooks: SaleHooks) {
    this.#options = options;
    this.#hooks = hooks;
    const signals = [this.#died.signal, ...(hooks.signal ? [hooks.signal] : [])];
    this.#signal = AbortSignal.any(signals);
  }

  async run(): Promise<SaleReport> {
    const timer = setInterval(() => this.#tell(), progressEveryMs);
    this.#started.push(() => clearInterval(timer));
    this.#enter("starting Redis, the server and the order worker");
    const redisUrl = await this.#startRedis();
    const server = await this.#startServer(redisUrl);
    await openSale(server.url, this.#options.stock);
    const databaseFile = join(this.#makeFolder(), "orders.sqlite");
    const worker = await this.#startOrderWorker(redisUrl, databaseFile);
    const engine = this.#openEngine(redisUrl);

    this.#enter("selling");
    const startedAt = performance.now();
    const visits = planVisits(this.#options.buyers);
    const crowd = { serverUrl: server.url, topic, visits, connections };
    await storm({ ...crowd, receipts: this.#receipts, signal: this.#signal });
    this.#signal.throwIfAborted();
    const stormMs = performance.now() - startedAt;

    this.#enter("draining");
    // Whoever hung up may still be in the server. Once it has ended, nothing is appended any more.
    await server.stop();
    await this.#drain(engine);
    await worker.stop();

    this.#enter("balancing the books");
    const rows = readRows(databaseFile);
    const witnesses = { engine, topic, group, stock: this.#options.stock };
    const books = await gatherBooks({ ...witnesses, receipts: this.#receipts, rows });
    return this.#report(balanceBooks(books), rows, startedAt, stormMs);
  }

  /** Ends everything that was started. */
  async stop(): Promise<void> {
    for (let stop = this.#started.pop(); stop; stop = this.#started.pop()) await stop();
  }

  async #startRedis(): Promise<string> {
    const { redisUrl } = this.#options;
    if (redisUrl !== null) {
      this.#started.push(() => this.#forget(redisUrl));
      return redisUrl;
    }
    const { log } = this.#hooks;
    const redis = await startEmbeddedRedis({ appendonly: "everysec", install: true, ...(log && { log }) });
    redis.exited.then(() => this.#died.abort(new Error("Redis ended")));
    this.#started.push(() => redis.stop());
    this.#signal.throwIfAborted();
    return redis.url;
  }

  async #startServer(redisUrl: string): Promise<ServerProcess> {
    const onDeath = (error: Error) => this.#died.abort(error);
    const server = await startServerProcess({ redisUrl, namespace: this.#namespace, onDeath });
    this.#started.push(() => server.stop());
    this.#signal.throwIfAborted();
    return server;
  }

  #makeFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "tidegate-sale-"));
    this.#started.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async #startOrderWorker(redisUrl: string, databaseFile: string): Promise<OrderWorkerProcess> {
    const worker = new OrderWorkerProcess({
      ...{ redisUrl, namespace: this.#namespace, topic, group, databaseFile },
      drainPerSecond: this.#options.drainPerSecond,
      onWritten: (count) => {
        this.#written = count;
        this.#writes.emit("written");
      },
      onStart: (pid) => this.#hooks.onOrderWorker?.(pid),
      onDeath: (error) => this.#died.abort(error),
    });
    this.#started.push(() => worker.stop());
    const ready = once(this.#writes, "written", { signal: this.#signal });
    worker.start();
    await ready.catch(() => this.#signal.throwIfAborted());
    return worker;
  }

  #openEngine(redisUrl: string): Engine {
    const redis = connectRedis(redisUrl);
    const engine = new Engine({ redis, namespace: this.#namespace });
    this.#started.push(async () => {
      await engine.stop();
      redis.disconnect();
    });
    return engine;
  }

  /** Waits until every order in the log is written, or none was for a long time; the books tell which. */
  async #drain(engine: Engine): Promise<void> {
    const { partitionStates } = await engine.topics.describe(topic);
    const sold = partitionStates.reduce((sum, { end }) => sum + end, 0);
    while (this.#written < sold) {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(stalledMs)]);
      try {
        await once(this.#writes, "written", { signal });
      } catch {
        this.#signal.throwIfAborted();
        return;
      }
    }
  }

  #report(balance: Balance, rows: readonly OrderRow[], startedAt: number, stormMs: number): SaleReport {
    const writtenAt = rows.map((row) => row.writtenAt);
    const lastWrite = writtenAt.reduce((last, at) => Math.max(last, at - performance.timeOrigin), 0);
    return {
      buyers: this.#options.buyers,
      stock: this.#options.stock,
      receipts: this.#receipts,
      balance,
      drainPerSecondSet: this.#options.drainPerSecond,
      drainPerSecond: drainRate(writtenAt),
      stormSeconds: stormMs / 1000,
      seconds: (Math.max(lastWrite, startedAt + stormMs) - startedAt) / 1000,
    };
  }

  async #forget(redisUrl: string): Promise<void> {
    const redis = connectRedis(redisUrl);
    await forgetNamespace(redis, this.#namespace).finally(() => redis.disconnect());
  }

  #enter(phase: string): void {
    this.#phase = phase;
    this.#tell();
  }

  #tell(): void {
    const { requests, refused, accepted } = this.#receipts;
    this.#hooks.onProgress?.({
      phase: this.#phase,
      requests,
      accepted: accepted.size,
      refused: [...refused.values()].reduce((sum, times) => sum + times, 0),
      written: this.#written,
    });
  }
}

function readRows(databaseFile: string): OrderRow[] {
  const database = new OrderDatabase(databaseFile);
  try {
    return database.rows();
  } finally {
    database.close();
  }
}
