import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { defineTask } from "@tidegate/tasks";
import { Tasks } from "@tidegate/tasks/producer";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import * as z from "zod";
import { Ledger } from "../ledger.ts";
import type { MessageSet } from "../message-set.ts";
import type { Contestant } from "../scenario.ts";
import { startServerChild } from "../server-child.ts";
import { namespace } from "../tidegate.ts";
import { load, measureEnqueues, taskName } from "./enqueue-requests.ts";

const task = defineTask({ name: taskName, input: z.object({ text: z.string().min(1) }) });
const jobsPerPage = 1_000;

/** The server as its users run it, a process of its own beside Redis; it knows the task from its workers. */
export const tidegateEnqueue: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `apps/server, input checked by its schema, ${load}`,
  measure: async ({ startRedis, messages }) => {
    const redis = await startRedis();
    const client = new Redis(redis.port, redis.host, { maxRetriesPerRequest: null });
    const tasks = new Tasks({ redis: client, namespace, tasks: [task] });
    try {
      await tasks.publishDefinitions();
      const server = await startServerChild(new URL("../tidegate-main.ts", import.meta.url), redis.url);
      try {
        const rate = await measureEnqueues(server.url, messages);
        await checkQueue(redis, messages);
        return [rate];
      } finally {
        await server.stop();
      }
    } finally {
      await tasks.close();
      client.disconnect();
    }
  },
};

/** Reads the queue back with BullMQ itself. */
async function checkQueue({ host, port }: EmbeddedRedis, messages: MessageSet): Promise<void> {
  const queue = new Queue<{ input: { text: string } }>(taskName, {
    connection: { host, port, maxRetriesPerRequest: null },
    prefix: `{${namespace}/tasks}`,
  });
  try {
    const ledger = new Ledger(messages);
    const waiting = await queue.getWaitingCount();
    for (let start = 0; start < waiting; start += jobsPerPage) {
      for (const { data } of await queue.getWaiting(start, start + jobsPerPage - 1))
        ledger.enter(Buffer.from(data.input.text));
    }
    ledger.close("tidegate");
  } finally {
    await queue.close();
  }
}
