import { Worker } from "bullmq";
import { connectionTo, queueName, withQueue } from "../bullmq.ts";
import type { Contestant } from "../scenario.ts";
import { measureLatency } from "./handle-paced.ts";

export const bullmqLatency: Contestant = {
  name: "bullmq",
  share: 1,
  configuration: "one addBulk for what is due each ms, one Worker, concurrency 200, three connections",
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    return withQueue(redis, (queue) =>
      measureLatency("bullmq", messages, {
        send: (from, to) =>
          queue.addBulk(messages.texts(from, to).map((data) => ({ name: "message", data }))),
        async receive(handle) {
          const worker = new Worker(queueName, async ({ data }) => handle(Buffer.from(data, "latin1")), {
            connection: connectionTo(redis),
            concurrency: 200,
          });
          await worker.waitUntilReady();
          return () => worker.close();
        },
      }),
    );
  },
};
