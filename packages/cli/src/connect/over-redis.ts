import { Client } from "@tidegate/client";
import { Engine, type RedisAddress, readRedisAddress } from "@tidegate/core";
import { createApp, type HttpTaskProducer, type TaskProducer } from "@tidegate/http";
import { UsageError } from "../usage-error.ts";
import type { Connection } from "./connect.ts";
import { connectRedis } from "./redis-client.ts";

type Closing = () => Promise<void>;

/**
 * Straight to Redis: the client speaks to the same routes as over HTTP, but in this process, so that every command has one
 * way to be done. Throws REDIS_UNAVAILABLE, UsageError.
 */
export async function connectOverRedis(address: { redis: string; namespace: string }): Promise<Connection> {
  const redis = await connectRedis(addressIn(address.redis));
  const engine = new Engine({ redis, namespace: address.namespace });
  await engine.start();
  const closings: Closing[] = [() => engine.stop(), async () => redis.disconnect()];
  const tasks = new OnDemand(async () => {
    const { Tasks } = await import("@tidegate/tasks/producer");
    const made = new Tasks({ redis, engine });
    closings.unshift(() => made.close());
    return made satisfies TaskProducer;
  });
  const httpTasks = new OnDemand(async () => {
    const { HttpTasks } = await import("@tidegate/tasks/http-tasks");
    const made = new HttpTasks({ redis, engine });
    closings.unshift(() => made.close());
    return made satisfies HttpTaskProducer;
  });
  const app = createApp({
    engine,
    tasks: () => tasks.made(),
    httpTasks: () => httpTasks.made(),
    requestTimeoutMs: 30_000,
  });
  const inProcess: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    // BullMQ is half of what there is to load: only those who ask for tasks wait for it.
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/v1/tasks") || pathname.startsWith("/v1/task-flows")) await tasks.make();
    if (pathname.startsWith("/v1/http-tasks")) await httpTasks.make();
    return untilAborted(Promise.resolve(app.fetch(request)), request.signal);
  };
  let closed: Promise<void> | null = null;
  return {
    client: new Client({ url: "http://in-process", fetch: inProcess, retries: 1 }),
    engine,
    target: withoutPassword(address.redis),
    close: () => {
      closed ??= closeAll(closings);
      return closed;
    },
  };
}

function addressIn(url: string): RedisAddress {
  try {
    return readRedisAddress(url);
  } catch (error) {
    throw new UsageError(`the address of Redis ${error instanceof Error ? error.message : error}`);
  }
}

/** Something that is loaded when it is first asked for. */
class OnDemand<T> {
  readonly #load: () => Promise<T>;
  #making: Promise<T> | null = null;
  #made: T | null = null;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  async make(): Promise<void> {
    this.#making ??= this.#load();
    this.#made = await this.#making;
  }

  made(): T {
    return this.#made!;
  }
}

/** As fetch does: an abort ends the waiting at once, whatever the handler still does. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

async function closeAll(closings: readonly Closing[]): Promise<void> {
  for (const close of closings) await close();
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/,]*@/g, "//");
}
