import { TidegateError } from "@tidegate/contracts";
import type { DeliveredMessage, Engine } from "@tidegate/core";
import { release, Worker } from "@tidegate/worker";
import { consumerName } from "./consumer-name.ts";
import { Delivered } from "./engine-messages.ts";
import type { Consumption } from "./message-port.ts";

/** So many in a lease: what is taken ahead of a reader who stops is given back. */
const leaseMessages = 1_000;
/** Batches on their way to the output; they are written in the order in which they were taken. */
const batchesAtATime = 4;
/** Output that nobody takes holds a stop back for so long at most. */
const stopTimeoutMs = 5_000;

/** Takes a group's messages with a worker: prefetched, kept alive while they are written, given back when it stops. */
export async function consumeWithWorker(engine: Engine, consumption: Consumption): Promise<void> {
  const { topic, group, follow, signal, note } = consumption;
  const end = Promise.withResolvers<void>();
  let left = consumption.maxMessages ?? Number.POSITIVE_INFINITY;
  let isFailed = false;
  const fail = (error: unknown) => {
    isFailed = true;
    end.reject(error);
  };
  const worker = new Worker({
    ...{ engine, topic, group, consumer: consumerName() },
    concurrency: batchesAtATime,
    maxMessages: Math.min(leaseMessages, Math.max(1, left)),
    stopTimeoutMs,
    batchHandler: async (messages, { partition }) => {
      if (isFailed || left === 0 || signal.aborted) return release();
      const taken = messages.length > left ? messages.slice(0, left) : messages;
      left -= taken.length;
      try {
        await consumption.handle(taken.map((message: DeliveredMessage) => new Delivered(partition, message)));
      } catch (error) {
        fail(error);
        return release();
      }
      if (left === 0) end.resolve();
      return messages.map((_, index) => (index < taken.length ? undefined : release()));
    },
  });
  let isAway = false;
  worker.on("error", (error) => {
    if (!follow || !(error instanceof TidegateError) || !error.retryable) return fail(error);
    // The worker goes on by itself.
    if (!isAway) note(`${error.code} ${error.message}: waiting`);
    isAway = true;
  });
  worker.on("settled", () => {
    if (isAway) note("It goes on");
    isAway = false;
  });
  worker.on("lease-lost", ({ messages }) =>
    note(`The lease of ${messages} messages was lost: they will be delivered again`),
  );
  if (!follow) worker.on("idle", () => end.resolve());
  const onAbort = () => end.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const started = worker.start();
    // A start that waits for a Redis that is away ends with the stop.
    await Promise.race([Promise.all([started, end.promise]), end.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    end.promise.catch(() => {});
    await worker.stop();
  }
}
