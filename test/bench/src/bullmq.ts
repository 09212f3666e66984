import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { Queue } from "bullmq";
import { sendInFlight } from "./in-flight.ts";
import type { MessageSet } from "./message-set.ts";

export const queueName = "bench";
// Larger calls are slower: Redis waits while a long pipeline is written, and Node while it is carried out.
const jobsPerCall = 100;
const callsInFlight = 10;

export const produceConfiguration = `addBulk of ${jobsPerCall} jobs, ${callsInFlight} calls in flight, data is the payload as a string`;

export function connectionTo({ host, port }: EmbeddedRedis) {
  return { host, port, maxRetriesPerRequest: null };
}

export async function withQueue<T>(redis: EmbeddedRedis, run: (queue: Queue) => Promise<T>): Promise<T> {
  const queue = new Queue(queueName, {
    connection: connectionTo(redis),
    defaultJobOptions: { removeOnComplete: true },
  });
  try {
    await queue.waitUntilReady();
    return await run(queue);
  } finally {
    await queue.close();
  }
}

export async function addAll(queue: Queue, messages: MessageSet): Promise<void> {
  await sendInFlight(messages.count, jobsPerCall, callsInFlight, (from, to) =>
    queue.addBulk(messages.texts(from, to).map((data) => ({ name: "message", data }))),
  );
}
