import type { Queue } from "bullmq";
import { addAll, produceConfiguration, withQueue } from "../bullmq.ts";
import { Ledger } from "../ledger.ts";
import type { MessageSet } from "../message-set.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";

const jobsPerPage = 1_000;

export const bullmqProduce: Contestant = {
  name: "bullmq",
  share: 1 / 8,
  configuration: produceConfiguration,
  measure: async ({ startRedis, messages }) =>
    withQueue(await startRedis(), async (queue) => {
      const rateOf = startStopwatch();
      await addAll(queue, messages);
      const rate = rateOf(messages.count);
      await checkQueue(queue, messages);
      return [rate];
    }),
};

async function checkQueue(queue: Queue, messages: MessageSet): Promise<void> {
  const ledger = new Ledger(messages);
  const waiting = await queue.getWaitingCount();
  for (let start = 0; start < waiting; start += jobsPerPage) {
    for (const job of await queue.getWaiting(start, start + jobsPerPage - 1))
      ledger.enter(Buffer.from(job.data));
  }
  ledger.close("bullmq");
}
