import { Tasks } from "@tidegate/tasks/producer";
import { runTasks } from "@tidegate/tasks/worker";
import { Redis } from "ioredis";
import type { Contestant } from "../scenario.ts";
import { configuration, measureDue } from "./due-probes.ts";
import { benchTask } from "./task-settings.ts";

export const tidegateDue: Contestant = {
  name: "tidegate",
  share: 1,
  configuration,
  async measure(bout) {
    const { host, port } = await bout.startRedis();
    const redis = new Redis({ host, port, maxRetriesPerRequest: null });
    const producer = new Tasks({ redis, tasks: [benchTask] });
    try {
      return await measureDue("tidegate", bout, {
        enqueue: (runs) =>
          producer.enqueueMany(
            benchTask,
            runs.map(({ text, delayMs }) => ({ input: { text }, delayMs })),
          ),
        async run(handle) {
          const worker = runTasks([benchTask.implement(({ text }) => handle(text))], { redis });
          await worker.ready;
          return () => worker.stop();
        },
      });
    } finally {
      await producer.close();
      redis.disconnect();
    }
  },
};
