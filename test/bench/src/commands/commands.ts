import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "bullmq";
import { addAll, connectionTo, queueName, withQueue } from "../bullmq.ts";
import { runUntilCompleted } from "../consume/bullmq-consume.ts";
import { countCommands } from "../count-commands.ts";
import { Ledger } from "../ledger.ts";
import type { Contestant, Scenario } from "../scenario.ts";
import { appendAll, topic, withEngine } from "../tidegate.ts";
import { consumeWithWorker } from "../tidegate-worker.ts";

/** MONITOR is a little behind. */
const monitorLagMs = 200;

const tidegateCommands: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: "as in produce and in consume",
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    return withEngine(redis, {}, async (engine) => {
      await engine.groups.put(topic, "readers", {});
      const counter = await countCommands(redis);
      await appendAll(engine, messages);
      await pause(monitorLagMs);
      const produced = counter.count;
      const ledger = new Ledger(messages);
      await consumeWithWorker(engine, "readers", messages.count, ledger);
      await pause(monitorLagMs);
      const consumed = counter.count - produced;
      counter.stop();
      ledger.close("tidegate");
      return [produced / messages.count, consumed / messages.count];
    });
  },
};

const bullmqCommands: Contestant = {
  name: "bullmq",
  share: 1 / 8,
  configuration: "as in produce and in consume",
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    return withQueue(redis, async (queue) => {
      const counter = await countCommands(redis);
      await addAll(queue, messages);
      await pause(monitorLagMs);
      const produced = counter.count;
      const ledger = new Ledger(messages);
      const handler = async ({ data }: { data: string }) => ledger.enter(Buffer.from(data, "latin1"));
      const connection = connectionTo(redis);
      const worker = new Worker(queueName, handler, { connection, concurrency: 200, autorun: false });
      await worker.waitUntilReady();
      await runUntilCompleted(worker, messages.count);
      await worker.close();
      await pause(monitorLagMs);
      const consumed = counter.count - produced;
      counter.stop();
      ledger.close("bullmq");
      return [produced / messages.count, consumed / messages.count];
    });
  },
};

/** How many commands clients send Redis for a message. What a script does inside is one command. */
export const commands: Scenario = {
  name: "commands",
  figures: [
    { unit: "client commands a message, produce", digits: 4 },
    { unit: "client commands a message, consume", digits: 4 },
  ],
  payloadBytes: [512],
  efforts: {
    full: { messages: 100_000, rounds: 1, warmUp: 0 },
    quick: { messages: 40_000, rounds: 1, warmUp: 0 },
    tiny: { messages: 800, rounds: 1, warmUp: 0 },
  },
  tidegate: tidegateCommands,
  peers: [bullmqCommands],
};
