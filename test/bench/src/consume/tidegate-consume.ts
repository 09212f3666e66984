import { Worker } from "@tidegate/worker";
import { Ledger } from "../ledger.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { appendAll, topic, withEngine } from "../tidegate.ts";

const maxMessages = 1_000;
const concurrency = 200;

export const tidegateConsume: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `one Worker, a handler for each message, concurrency ${concurrency}, ${maxMessages} messages a lease, two connections`,
  measure: ({ redis, messages }) =>
    withEngine(redis, async (engine) => {
      await engine.groups.put(topic, "readers", {});
      await appendAll(engine, messages);
      const ledger = new Ledger(messages);
      const worker = new Worker({
        engine,
        topic,
        group: "readers",
        maxMessages,
        concurrency,
        handler: async ({ value }) => ledger.enter(value),
      });
      const rateOf = startStopwatch();
      try {
        await runUntilAcknowledged(worker, messages.count);
        const rate = rateOf(messages.count);
        ledger.close("tidegate");
        return rate;
      } finally {
        await worker.stop();
      }
    }),
};

function runUntilAcknowledged(worker: Worker, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let acknowledged = 0;
    worker.on("settled", ({ acked }) => {
      acknowledged += acked;
      if (acknowledged >= count) resolve();
    });
    worker.on("failed", ({ error }) => reject(error));
    worker.on("lease-lost", ({ error }) => reject(error));
    worker.on("error", reject);
    worker.start().catch(reject);
  });
}
