import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Engine } from "@tidegate/core";
import { connectRedis, KeptProcess, programAt, Started, startDemoRedis } from "@tidegate/demo-kit";
import { freePort } from "@tidegate/embedded-redis";
import { balanceBooks } from "./books/balance-books.ts";
import { gatherBooks } from "./books/gather-books.ts";
import { planVisits } from "./crowd/plan-visits.ts";
import { Receipts } from "./crowd/receipts.ts";
import { storm } from "./crowd/storm.ts";
import { group, openSale, readSigningKeys, topic } from "./open-sale.ts";
import type { SaleOptions } from "./options.ts";
import { OrderDatabase, type OrderRow } from "./orders/order-database.ts";
import { WrittenCount } from "./orders/written-count.ts";
import { type ServerProcess, startServerProcess } from "./processes/server-process.ts";
import type { SaleProgress } from "./report/progress.ts";
import { reportOf, type SaleReport } from "./report/sale-report.ts";

export interface SaleHooks {
  /** Told ten times in a second, and when a phase begins. */
  readonly onProgress?: (progress: SaleProgress) => void;
  /** Told the number of each process that writes orders. */
  readonly onOrderWorker?: (pid: number) => void;
  /** Told what is installed, and what could not be stopped in order. */
  readonly log?: (line: string) => void;
  /** Ends the sale; everything that was started is stopped. */
  readonly signal?: AbortSignal;
}

const connections = 128;
const progressEveryMs = 100;
const lookEveryMs = 50;
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
  readonly #written = new WrittenCount();
  readonly #started = new Started();
  #phase = "starting";

  constructor(options: SaleOptions, hooks: SaleHooks) {
    this.#options = options;
    this.#hooks = hooks;
    const signals = [this.#died.signal, ...(hooks.signal ? [hooks.signal] : [])];
    this.#signal = AbortSignal.any(signals);
  }

  async run(): Promise<SaleReport> {
    const timer = setInterval(() => this.#tell(), progressEveryMs);
    this.#started.add(() => clearInterval(timer));
    const { push, stock, drainPerSecond } = this.#options;
    this.#enter(`starting Redis, the server and the order ${push ? "function" : "worker"}`);
    const redisUrl = await this.#startRedis();
    const functionPort = push ? await freePort() : null;
    const server = await this.#startServer(redisUrl, functionPort);
    const url = `http://127.0.0.1:${functionPort}/orders`;
    await openSale(server.url, stock, push ? { url, perSecond: drainPerSecond } : null);
    const databaseFile = join(this.#makeFolder(), "orders.sqlite");
    const orders = await this.#startOrders(redisUrl, server.url, databaseFile, functionPort);
    const engine = this.#openEngine(redisUrl);

    this.#enter("selling");
    const openedAt = performance.now();
    const visits = planVisits(this.#options.buyers);
    const crowd = { serverUrl: server.url, topic, visits, connections };
    await storm({ ...crowd, receipts: this.#receipts, signal: this.#signal });
    this.#signal.throwIfAborted();
    const servedAt = performance.now();

    this.#enter("draining");
    if (push) {
      // The server is what calls the function.
      await this.#drain(engine);
      await this.#settled(engine);
      await server.stop();
    } else {
      // Whoever hung up may still be in the server. Once it has ended, nothing is appended any more.
      await server.stop();
      await this.#drain(engine);
    }
    await orders.stop();

    this.#enter("balancing the books");
    const rows = readRows(databaseFile);
    const options = this.#options;
    const receipts = this.#receipts;
    const books = await gatherBooks({ engine, topic, group, stock: options.stock, receipts, rows });
    return reportOf({ options, receipts, balance: balanceBooks(books), rows, openedAt, servedAt });
  }

  stop(): Promise<void> {
    return this.#started.stop(this.#hooks.log);
  }

  async #startRedis(): Promise<string> {
    const redis = await startDemoRedis({
      redisUrl: this.#options.redisUrl,
      namespace: this.#namespace,
      log: this.#hooks.log,
      onDeath: (error) => this.#died.abort(error),
    });
    this.#started.add(() => redis.stop());
    this.#signal.throwIfAborted();
    return redis.url;
  }

  async #startServer(redisUrl: string, functionPort: number | null): Promise<ServerProcess> {
    const server = await startServerProcess({
      redisUrl,
      namespace: this.#namespace,
      ...(functionPort !== null && { pushAllow: `127.0.0.1:${functionPort}` }),
      onDeath: (error) => this.#died.abort(error),
    });
    this.#started.add(() => server.stop());
    this.#signal.throwIfAborted();
    return server;
  }

  #makeFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "tidegate-sale-"));
    this.#started.add(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** A worker with a pace of its own; or a function that Tidegate calls at that pace. */
  async #startOrders(
    redisUrl: string,
    serverUrl: string,
    databaseFile: string,
    functionPort: number | null,
  ): Promise<KeptProcess> {
    const { drainPerSecond } = this.#options;
    const settings =
      functionPort === null
        ? { redisUrl, namespace: this.#namespace, topic, group, databaseFile, drainPerSecond }
        : { port: functionPort, keys: await readSigningKeys(serverUrl), databaseFile };
    const name = functionPort === null ? "order-worker" : "order-function";
    const writes = new KeptProcess({
      program: programAt(`./orders/${name}-main`, import.meta.url),
      name,
      settings,
      onMessage: (count) => this.#written.tell(Number(count)),
      onStart: (pid) => this.#hooks.onOrderWorker?.(pid),
      onDeath: (error) => this.#died.abort(error),
    });
    this.#started.add(() => writes.stop());
    writes.start();
    await this.#written.next(this.#signal);
    return writes;
  }

  #openEngine(redisUrl: string): Engine {
    const redis = connectRedis(redisUrl);
    const engine = new Engine({ redis, namespace: this.#namespace });
    this.#started.add(async () => {
      await engine.stop();
      redis.disconnect();
    });
    return engine;
  }

  /** Waits until every order in the log is written, or none was for a long time; the books tell which. */
  async #drain(engine: Engine): Promise<void> {
    // While the server runs, whoever hung up may still be in it: his order comes while the others are written.
    for (let sold = -1; ; ) {
      const { partitionStates } = await engine.topics.describe(topic);
      const end = partitionStates.reduce((sum, partition) => sum + partition.end, 0);
      if (end === sold) return;
      sold = end;
      await this.#written.reaches(sold, stalledMs, this.#signal);
    }
  }

  /** Waits until the function has said of each order that it is written, also of those that it had written when it died. */
  async #settled(engine: Engine): Promise<void> {
    const until = performance.now() + stalledMs;
    while ((await engine.groups.describe(topic, group)).lag > 0 && performance.now() < until) {
      this.#signal.throwIfAborted();
      await sleep(lookEveryMs);
    }
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
      written: this.#written.value,
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
