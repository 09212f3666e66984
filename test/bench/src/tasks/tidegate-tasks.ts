import { Tasks } from "@tidegate/tasks/producer";
import { runTasks } from "@tidegate/tasks/worker";
import { Redis } from "ioredis";
import { sendInFlight } from "../in-flight.ts";
import { Ledger } from "../ledger.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { benchTask, callsInFlight, configuration, runsPerCall } from "./task-settings.ts";

export const tidegateTasks: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `enqueueMany and runTasks: ${configuration}`,
  async measure({ startRedis, messages }) {
    const { host, port } = await startRedis();
    const redis = new Redis({ host, port, maxRetriesPerRequest: null });
    const producer = new Tasks({ redis, tasks: [benchTask] });
    try {
      const enqueuedRateOf = startStopwatch();
      await sendInFlight(messages.count, runsPerCall, callsInFlight, (from, to) =>
        producer.enqueueMany(
          benchTask,
          messages.texts(from, to).map((text) => ({ input: { text } })),
        ),
      );
      const enqueued = enqueuedRateOf(messages.count);
      const ledger = new Ledger(messages);
      const task = benchTask.implement(async ({ text }) => ledger.enter(Buffer.from(text, "latin1")));
      const rateOf = startStopwatch();
      await runAll(redis, task, messages.count);
      const rate = rateOf(messages.count);
      ledger.close("tidegate");
      return [enqueued, rate];
    } finally {
      await producer.close();
      redis.disconnect();
    }
  },
};

async function runAll(redis: Redis, task: typeof benchTask, count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let completed = 0;
  const worker = runTasks([task], {
    redis,
    onEvent(event) {
      if (event.type === "failed") reject(new Error(event.error.message));
      if (event.type === "error") reject(event.error);
      if (event.type !== "completed") return;
      completed += 1;
      if (completed === count) resolve();
    },
  });
  try {
    await promise;
  } finally {
    await worker.stop();
  }
}
