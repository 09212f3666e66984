import { Queue, Worker } from "bullmq";
import { connectionTo, queueName } from "../bullmq.ts";
import type { Contestant } from "../scenario.ts";
import { jobOptions } from "./bullmq-tasks.ts";
import { configuration, measureDue } from "./due-probes.ts";
import { concurrency } from "./task-settings.ts";

export const bullmqDue: Contestant = {
  name: "bullmq",
  share: 1,
  configuration,
  async measure(bout) {
    const connection = connectionTo(await bout.startRedis());
    const queue = new Queue(queueName, { connection, defaultJobOptions: jobOptions });
    try {
      return await measureDue("bullmq", bout, {
        enqueue: (runs) =>
          queue.addBulk(
            runs.map(({ text, delayMs }) => ({ name: "bench", data: { text }, opts: { delay: delayMs } })),
          ),
        async run(handle) {
          const worker = new Worker(queueName, async ({ data }) => handle(data.text), {
            connection,
            concurrency,
          });
          await worker.waitUntilReady();
          return () => worker.close();
        },
      });
    } finally {
      await queue.close();
    }
  },
};
