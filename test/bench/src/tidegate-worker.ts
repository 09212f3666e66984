import type { Engine } from "@tidegate/core";
import { Worker } from "@tidegate/worker";
import type { Ledger } from "./ledger.ts";
import { startStopwatch } from "./stopwatch.ts";
import { topic } from "./tidegate.ts";

const maxMessages = 1_000;
const concurrency = 200;

export const consumeConfiguration = `one Worker, a handler for each message, concurrency ${concurrency}, ${maxMessages} messages a lease, two connections`;

/** Consumes until so many messages are acknowledged; returns how many a second that were. `onWorker` may listen to the worker. */
export async function consumeWithWorker(
  engine: Engine,
  group: string,
  count: number,
  ledger: Ledger,
  onWorker: (worker: Worker) => void = () => {},
): Promise<number> {
  const worker = new Worker({
    engine,
    topic,
    group,
    maxMessages,
    concurrency,
    handler: async ({ value }) => ledger.enter(value),
  });
  onWorker(worker);
  const rateOf = startStopwatch();
  try {
    return rateOf(await runUntilAcknowledged(worker, count));
  } finally {
    await worker.stop();
  }
}

function runUntilAcknowledged(worker: Worker, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let acknowledged = 0;
    worker.on("settled", ({ acked }) => {
      acknowledged += acked;
      if (acknowledged >= count) resolve(acknowledged);
    });
    worker.on("failed", ({ error }) => reject(error));
    worker.on("lease-lost", ({ error }) => reject(error));
    worker.on("error", reject);
    worker.start().catch(reject);
  });
}
