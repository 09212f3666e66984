import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@tidegate/client";
import { Worker } from "@tidegate/worker";
import { order } from "./fill-shop.ts";
import type { ConsoleServer } from "./start-console-server.ts";

const everyMs = 100;

/** Publishes to the shop's topics and works on them, until it is stopped: `analytics` falls behind, `billing` does not. */
export async function keepBusy({ client, engine }: ConsoleServer): Promise<() => Promise<void>> {
  const over = new AbortController();
  const workers = [
    new Worker({
      engine,
      topic: "orders",
      group: "billing",
      concurrency: 8,
      consumer: "billing-1",
      handler: () => {},
    }),
    new Worker({
      engine,
      topic: "orders",
      group: "warehouse",
      concurrency: 8,
      consumer: "warehouse-a",
      handler: () => {},
    }),
    new Worker({
      engine,
      topic: "orders",
      group: "analytics",
      concurrency: 4,
      maxMessages: 8,
      consumer: "analytics-1",
      handler: () => sleep(40),
    }),
    new Worker({
      engine,
      topic: "clicks",
      group: "counter",
      concurrency: 64,
      consumer: "counter-1",
      handler: () => {},
    }),
    new Worker({
      engine,
      topic: "mails",
      group: "sender",
      concurrency: 10,
      consumer: "sender-1",
      handler: () => sleep(20),
    }),
  ];
  for (const worker of workers) {
    worker.on("error", () => {});
    worker.on("failed", () => {});
    await worker.start();
  }
  const publishing = publish(client, over.signal);
  return async () => {
    over.abort();
    await publishing;
    await Promise.all(workers.map((worker) => worker.stop()));
  };
}

async function publish(client: Client, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round++) {
    const wave = 1 + Math.sin(round / 25) * 0.4;
    const many = (count: number, make: (index: number) => { key?: string; value: unknown }) =>
      Array.from({ length: Math.max(1, Math.round(count * wave)) }, (_, index) => make(round * 100 + index));
    const sent = [
      client.publish(
        "orders",
        many(24, (index) => ({ key: `customer-${index % 400}`, value: order(index) })),
      ),
      client.publish(
        "clicks",
        many(60, (index) => ({ key: `visitor-${index % 900}`, value: { page: index % 50 } })),
      ),
      client.publish(
        "mails",
        many(2, (index) => ({ key: "shop.example", value: { to: `reader-${index}@example.org` } })),
      ),
    ];
    await Promise.allSettled(sent);
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}
