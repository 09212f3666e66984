import { Queue, Worker } from "bullmq";
import { connectionTo, queueName } from "../bullmq.ts";
import { runUntilCompleted } from "../consume/bullmq-consume.ts";
import { sendInFlight } from "../in-flight.ts";
import { Ledger } from "../ledger.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import {
  attempts,
  backoffMs,
  callsInFlight,
  concurrency,
  configuration,
  keepCount,
  keepMs,
  runsPerCall,
} from "./task-settings.ts";

const kept = { age: keepMs / 1000, count: keepCount };
/** As Tidegate's definition says. */
export const jobOptions = {
  attempts,
  backoff: { type: "exponential", delay: backoffMs },
  removeOnComplete: kept,
  removeOnFail: kept,
};

export const bullmqTasks: Contestant = {
  name: "bullmq",
  share: 1,
  configuration: `addBulk and one Worker: ${configuration}`,
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    const queue = new Queue(queueName, { connection: connectionTo(redis), defaultJobOptions: jobOptions });
    try {
      await queue.waitUntilReady();
      const enqueuedRateOf = startStopwatch();
      await sendInFlight(messages.count, runsPerCall, callsInFlight, (from, to) =>
        queue.addBulk(messages.texts(from, to).map((text) => ({ name: "bench", data: { text } }))),
      );
      const enqueued = enqueuedRateOf(messages.count);
      const ledger = new Ledger(messages);
      const worker = new Worker(
        queueName,
        async ({ data }) => ledger.enter(Buffer.from(data.text, "latin1")),
        {
          connection: connectionTo(redis),
          concurrency,
          autorun: false,
        },
      );
      try {
        const rateOf = startStopwatch();
        await runUntilCompleted(worker, messages.count);
        const rate = rateOf(messages.count);
        ledger.close("bullmq");
        return [enqueued, rate];
      } finally {
        await worker.close();
      }
    } finally {
      await queue.close();
    }
  },
};
