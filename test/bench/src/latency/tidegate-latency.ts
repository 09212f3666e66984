import { Worker } from "@tidegate/worker";
import type { Contestant } from "../scenario.ts";
import { topic, withEngine } from "../tidegate.ts";
import { measureLatency } from "./handle-paced.ts";

export const tidegateLatency: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: "4 partitions, one append for what is due each ms, one Worker, three connections",
  measure: async ({ startRedis, messages }) =>
    withEngine(await startRedis(), {}, async (engine) => {
      await engine.groups.put(topic, "readers", {});
      return measureLatency("tidegate", messages, {
        send: (from, to) =>
          engine.append(
            topic,
            messages.bodies(from, to).map((value) => ({ value })),
          ),
        async receive(handle) {
          const handler = async ({ value }: { value: Uint8Array | null }) => handle(value);
          const worker = new Worker({ engine, topic, group: "readers", concurrency: 200, handler });
          await worker.start();
          return () => worker.stop();
        },
      });
    }),
};
