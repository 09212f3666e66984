import { Redis } from "ioredis";
import { addAll, produceConfiguration as bullmqConfiguration, withQueue } from "../bullmq.ts";
import { Ledger } from "../ledger.ts";
import { readDataBytes } from "../redis-memory.ts";
import type { Contestant, Scenario } from "../scenario.ts";
import { appendAll, enterLog, produceConfiguration, withEngine } from "../tidegate.ts";

const tidegateMemory: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: produceConfiguration,
  measure: async ({ startRedis, messages }) =>
    withEngine(await startRedis(), {}, async (engine, open) => {
      const before = await readDataBytes(open.client);
      await appendAll(engine, messages);
      const perMessage = ((await readDataBytes(open.client)) - before) / messages.count;
      const ledger = new Ledger(messages);
      await enterLog(open, ledger);
      ledger.close("tidegate");
      return [perMessage];
    }),
};

const bullmqMemory: Contestant = {
  name: "bullmq",
  share: 1 / 4,
  configuration: bullmqConfiguration,
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    const client = new Redis(redis.port, redis.host);
    try {
      return await withQueue(redis, async (queue) => {
        const before = await readDataBytes(client);
        await addAll(queue, messages);
        if ((await queue.getWaitingCount()) !== messages.count) throw new Error("bullmq: jobs are missing");
        return [((await readDataBytes(client)) - before) / messages.count];
      });
    } finally {
      client.disconnect();
    }
  },
};

/** What a message costs Redis in memory, in full batches. */
export const memory: Scenario = {
  name: "memory",
  figures: [
    {
      unit: "bytes of Redis memory a message",
      digits: 1,
      goals: [
        { payloadBytes: 128, atMost: 158 },
        { payloadBytes: 512, atMost: 542 },
      ],
    },
  ],
  payloadBytes: [128, 512],
  efforts: {
    full: { messages: 200_000, rounds: 1, warmUp: 0 },
    quick: { messages: 100_000, rounds: 1, warmUp: 0 },
    tiny: { messages: 800, rounds: 1, warmUp: 0 },
  },
  tidegate: tidegateMemory,
  peers: [bullmqMemory],
};
