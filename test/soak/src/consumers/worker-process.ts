/**
 * A process with workers: some that stay, and, with `passing`, one that is stopped and replaced every second.
 * Arguments: Redis's address, namespace, what it hosts (`lasting` or `passing`).
 */
import { Engine } from "@tidegate/core";
import { deadLetter, retry, Worker, type WorkerOptions } from "@tidegate/worker";
import { Redis } from "ioredis";
import { groups, topics } from "../topics.ts";

const [url, namespace, what] = process.argv.slice(2) as [string, string, "lasting" | "passing"];
const redis = new Redis(url);
redis.on("error", () => {});
const engine = new Engine({ redis, namespace });
await engine.start();

async function startWorker(options: Omit<WorkerOptions, "engine">): Promise<Worker> {
  const worker = new Worker({ engine, ...options });
  worker.on("error", (error) => console.error(`${error.code}: ${error.message}`));
  await worker.start();
  return worker;
}

let handled = 0;
const swallow = async () => {};

/** One in fifty is given up on, one in twenty is tried again, one in a hundred throws. */
async function handleFlaky(): Promise<unknown> {
  handled += 1;
  if (handled % 50 === 0) return deadLetter("every fiftieth");
  if (handled % 20 === 0) return retry({ delayMs: 100 });
  if (handled % 99 === 0) throw new Error("every ninety-ninth");
  return undefined;
}

const lasting: Worker[] = [];
if (what === "lasting") {
  lasting.push(await startWorker({ topic: topics.web, group: groups.steady, batchHandler: swallow }));
  lasting.push(
    await startWorker({ topic: topics.work, group: groups.ordered, handler: swallow, concurrency: 2 }),
  );
  lasting.push(
    await startWorker({ topic: topics.work, group: groups.flaky, handler: handleFlaky, concurrency: 4 }),
  );
}
lasting.push(await startWorker({ topic: topics.stream, group: groups.steady, batchHandler: swallow }));
console.log("ready");

let going = true;
async function comeAndGo(): Promise<void> {
  while (going && what === "lasting") {
    const worker = await startWorker({ topic: topics.stream, group: groups.steady, batchHandler: swallow });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await worker.stop();
  }
}
const comings = comeAndGo();

process.once("SIGTERM", async () => {
  going = false;
  await comings;
  await Promise.all(lasting.map((worker) => worker.stop()));
  await engine.stop();
  redis.disconnect();
  process.exit(0);
});
