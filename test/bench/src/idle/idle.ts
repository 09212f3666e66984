import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "@tidegate/worker";
import { countCommands } from "../count-commands.ts";
import { Ledger } from "../ledger.ts";
import type { Contestant, Pace, Scenario } from "../scenario.ts";
import { startServerChild } from "../server-child.ts";
import { appendAll, topic, withEngine } from "../tidegate.ts";

const partitions = 16;
/** What comes to rest before the count begins. */
const restMs: Readonly<Record<Pace, number>> = { full: 3_000, quick: 3_000, tiny: 100 };
/** A sleeping partition is asked once a minute: shorter, and the count could be of nothing but silence. */
const countedMs: Readonly<Record<Pace, number>> = { full: 62_000, quick: 62_000, tiny: 300 };

const tidegateIdle: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `a server and a Worker, ${partitions} partitions, after some messages; counted for a minute`,
  async measure({ startRedis, messages, pace }) {
    const redis = await startRedis();
    return withEngine(redis, { partitions }, async (engine) => {
      const server = await startServerChild(new URL("../tidegate-main.ts", import.meta.url), redis.url);
      const ledger = new Ledger(messages);
      const handler = async ({ value }: { value: Uint8Array | null }) => ledger.enter(value);
      const worker = new Worker({ engine, topic, group: "readers", concurrency: 200, handler });
      try {
        await worker.start();
        await appendAll(engine, messages);
        await pause(restMs[pace]);
        ledger.close("tidegate");
        const counter = await countCommands(redis);
        await pause(countedMs[pace]);
        const { count } = counter;
        counter.stop();
        return [(count * 60_000) / countedMs[pace]];
      } finally {
        await worker.stop();
        await server.stop();
      }
    });
  },
};

/** What a system that has nothing to do asks of Redis. */
export const idle: Scenario = {
  name: "idle",
  figures: [{ unit: "Redis commands a minute", goals: [{ atMost: 60 }] }],
  payloadBytes: [512],
  efforts: {
    full: { messages: 10_000, rounds: 1, warmUp: 0 },
    quick: { messages: 10_000, rounds: 1, warmUp: 0 },
    tiny: { messages: 100, rounds: 1, warmUp: 0 },
  },
  tidegate: tidegateIdle,
  peers: [],
};
