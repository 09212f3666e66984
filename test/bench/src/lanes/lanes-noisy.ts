import { Worker } from "@tidegate/worker";
import { readIndex } from "../message-set.ts";
import type { Bout, Contestant, Scenario } from "../scenario.ts";
import { topic, withEngine } from "../tidegate.ts";

/** Messages a second of the keys that are not noisy; the noisy one sends as many alone. */
const perSecond = 1_000;
const quietKeys = 1_000;
const everyMs = 10;
const handlingMs = 5;
const concurrency = 50;

const tidegateNoisy: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: `ordering key; ${perSecond}/s over ${quietKeys} keys, then as many of one key besides; a Worker with concurrency ${concurrency} whose handler takes ${handlingMs} ms`,
  async measure(bout) {
    const without = await p99Wait(bout, false);
    const beside = await p99Wait(bout, true);
    return [beside / without, beside];
  },
};

/** How long messages of quiet keys wait for their handler, from when they were published: the 99th percentile, in ms. */
async function p99Wait({ messages, startRedis }: Bout, noisy: boolean): Promise<number> {
  const redis = await startRedis();
  return withEngine(redis, {}, async (engine) => {
    await engine.groups.put(topic, "readers", { ordering: "key" });
    const sentAt = new Float64Array(messages.count);
    const waits: number[] = [];
    const done = Promise.withResolvers<void>();
    const worker = new Worker({
      engine,
      topic,
      group: "readers",
      concurrency,
      maxMessages: 10,
      handler: async ({ key, value }) => {
        if (Buffer.from(key!).toString() !== "noisy") {
          waits.push(performance.now() - sentAt[readIndex(value!)]!);
          if (waits.length === messages.count) done.resolve();
        }
        await new Promise((resolve) => setTimeout(resolve, handlingMs));
      },
    });
    worker.on("error", done.reject);
    await worker.start();
    const startedAt = performance.now();
    for (let next = 0; next < messages.count; ) {
      const due = Math.min(messages.count, Math.ceil(((performance.now() - startedAt) * perSecond) / 1000));
      const values = messages.bodies(next, due);
      const quiet = values.map((value, index) => ({
        value,
        key: Buffer.from(`key-${(next + index) % quietKeys}`),
      }));
      sentAt.fill(performance.now(), next, due);
      const noise = noisy ? values.map((value) => ({ value, key: Buffer.from("noisy") })) : [];
      next = Math.max(next, due);
      await engine.append(topic, [...noise, ...quiet]);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    await done.promise;
    await worker.stop();
    waits.sort((one, other) => one - other);
    return waits[Math.floor(waits.length * 0.99)]!;
  });
}

/** A key with half of the traffic, faster than it can be handled in order, and what the others notice of it. */
export const lanesNoisy: Scenario = {
  name: "lanes-noisy",
  figures: [
    { unit: "p99 wait of others beside a noisy key : without", digits: 2, goals: [{ atMost: 2 }] },
    { unit: "ms, that p99", digits: 1 },
  ],
  payloadBytes: [128],
  efforts: {
    full: { messages: 10_000, rounds: 3, warmUp: 0 },
    quick: { messages: 4_000, rounds: 1, warmUp: 0 },
    tiny: { messages: 100, rounds: 1, warmUp: 0 },
  },
  tidegate: tidegateNoisy,
  peers: [],
};
