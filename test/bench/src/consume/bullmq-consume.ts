import { Worker } from "bullmq";
import { addAll, connectionTo, queueName, withQueue } from "../bullmq.ts";
import { Ledger } from "../ledger.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";

// Several Workers in the process are no faster: its one core is what is used up.
const concurrency = 200;

export const bullmqConsume: Contestant = {
  name: "bullmq",
  share: 1 / 8,
  configuration: `one Worker, concurrency ${concurrency}, completed jobs are removed, two connections`,
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    return withQueue(redis, async (queue) => {
      await addAll(queue, messages);
      const ledger = new Ledger(messages);
      const worker = new Worker(queueName, async (job) => ledger.enter(Buffer.from(job.data, "latin1")), {
        connection: connectionTo(redis),
        concurrency,
        autorun: false,
      });
      try {
        await worker.waitUntilReady();
        const rateOf = startStopwatch();
        await runUntilCompleted(worker, messages.count);
        const rate = rateOf(messages.count);
        ledger.close("bullmq");
        return [rate];
      } finally {
        await worker.close();
      }
    });
  },
};

export function runUntilCompleted(worker: Worker, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let completed = 0;
    worker.on("completed", () => {
      completed += 1;
      if (completed === count) resolve();
    });
    worker.on("failed", (_job, error) => reject(error));
    worker.on("error", reject);
    worker.run().catch(reject);
  });
}
