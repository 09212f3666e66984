import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeptProcess, programAt, Started, startDemoRedis } from "@tidegate/demo-kit";
import { WrittenCount } from "../orders/written-count.ts";
import { startServerProcess } from "../processes/server-process.ts";
import { group, SaleDesk, type SaleTerms, topic } from "./sale-desk.ts";
import { Sampler } from "./sampler.ts";
import { ShopServer } from "./shop-server.ts";
import { VisitorCrowd } from "./visitor-crowd.ts";

export interface ShopOptions extends SaleTerms {
  /** 0: any free port. */
  readonly port: number;
  /** Null: a Redis of the shop's own, in a temporary folder. */
  readonly redisUrl: string | null;
}

export interface ShopHooks {
  /** Told what is installed, and what could not be stopped in order. */
  readonly log?: (line: string) => void;
  /** Ends the start; what was started is stopped. */
  readonly signal?: AbortSignal;
}

/** A shop that is open. */
export interface RunningShop {
  /** Where its page is. */
  readonly url: string;
  /** Rejects when one of its processes has died. */
  readonly died: Promise<never>;
  /** Ends all that was started, and leaves nothing behind. May be called again. */
  stop(): Promise<void>;
}

/** Opens the shop over real processes: a Redis, a server, a process that writes orders; its page is served by this one. */
export async function startShop(options: ShopOptions, hooks: ShopHooks = {}): Promise<RunningShop> {
  const opening = new Opening(options, hooks);
  try {
    const url = await opening.open();
    return { url, died: opening.died, stop: () => opening.stop() };
  } catch (error) {
    await opening.stop();
    throw error;
  }
}

class Opening {
  readonly died: Promise<never>;
  readonly #options: ShopOptions;
  readonly #hooks: ShopHooks;
  readonly #namespace = `flash-sale-${randomBytes(6).toString("hex")}`;
  readonly #admin = randomBytes(24).toString("base64url");
  readonly #shop = randomBytes(24).toString("base64url");
  readonly #ending = new AbortController();
  readonly #onDeath: (error: Error) => void;
  readonly #started = new Started();

  constructor(options: ShopOptions, hooks: ShopHooks) {
    this.#options = options;
    this.#hooks = hooks;
    const { promise, reject } = Promise.withResolvers<never>();
    this.died = promise;
    this.died.catch(() => {});
    this.#onDeath = reject;
  }

  async open(): Promise<string> {
    const { drainPerSecond } = this.#options;
    const redisUrl = await this.#startRedis();
    const tokens = `${this.#admin}=admin;${this.#shop}=publish:${topic},consume:${topic}/${group}`;
    const where = { redisUrl, namespace: this.#namespace };
    const server = await startServerProcess({ ...where, tokens, onDeath: this.#onDeath });
    this.#started.add(() => server.stop());
    this.#hooks.signal?.throwIfAborted();
    const desk = new SaleDesk(server.url, this.#admin, this.#options);
    await desk.open();
    const written = this.#startOrderWorker(redisUrl, drainPerSecond);
    const crowd = new VisitorCrowd(server.url, this.#shop, this.#ending.signal);
    this.#started.add(() => crowd.stop());
    const sampler = new Sampler(
      () => desk.sample(),
      () => written.value,
    );
    this.#started.add(() => sampler.stop());
    sampler.start();
    const { port } = this.#options;
    const page = new ShopServer({ port, tidegateUrl: server.url, token: this.#shop, desk, crowd, sampler });
    this.#started.add(() => page.stop());
    return page.start();
  }

  stop(): Promise<void> {
    this.#ending.abort();
    return this.#started.stop(this.#hooks.log);
  }

  async #startRedis(): Promise<string> {
    const redis = await startDemoRedis({
      redisUrl: this.#options.redisUrl,
      namespace: this.#namespace,
      log: this.#hooks.log,
      onDeath: this.#onDeath,
    });
    this.#started.add(() => redis.stop());
    return redis.url;
  }

  #startOrderWorker(redisUrl: string, drainPerSecond: number): WrittenCount {
    const folder = mkdtempSync(join(tmpdir(), "tidegate-sale-"));
    this.#started.add(() => rmSync(folder, { recursive: true, force: true }));
    const written = new WrittenCount();
    const worker = new KeptProcess({
      program: programAt("../orders/order-worker-main", import.meta.url),
      name: "order worker",
      settings: {
        ...{ redisUrl, namespace: this.#namespace, topic, group, drainPerSecond },
        databaseFile: join(folder, "orders.sqlite"),
        answersTickets: true,
      },
      onMessage: (count) => written.tell(Number(count)),
      onDeath: this.#onDeath,
    });
    this.#started.add(() => worker.stop());
    worker.start();
    return written;
  }
}
