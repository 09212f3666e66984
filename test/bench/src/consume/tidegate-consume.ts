import { Ledger } from "../ledger.ts";
import type { Contestant } from "../scenario.ts";
import { appendAll, topic, withEngine } from "../tidegate.ts";
import { consumeConfiguration, consumeWithWorker } from "../tidegate-worker.ts";

export const tidegateConsume: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: consumeConfiguration,
  measure: async ({ startRedis, messages }) =>
    withEngine(await startRedis(), {}, async (engine) => {
      await engine.groups.put(topic, "readers", {});
      await appendAll(engine, messages);
      const ledger = new Ledger(messages);
      const rate = await consumeWithWorker(engine, "readers", messages.count, ledger);
      ledger.close("tidegate");
      return [rate];
    }),
};
