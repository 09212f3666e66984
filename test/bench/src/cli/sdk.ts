import { Ledger } from "../ledger.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { appendAll, produceConfiguration, topic, withEngine } from "../tidegate.ts";
import { consumeConfiguration, consumeWithWorker } from "../tidegate-worker.ts";

/** The engine and a worker, as a program uses them. */
export const sdk: Contestant = {
  name: "sdk",
  share: 1,
  configuration: `${produceConfiguration}; ${consumeConfiguration}`,
  measure: async ({ startRedis, messages }) =>
    withEngine(await startRedis(), {}, async (engine) => {
      await engine.groups.put(topic, "readers", {});
      const rateOf = startStopwatch();
      await appendAll(engine, messages);
      const produced = rateOf(messages.count);
      const ledger = new Ledger(messages);
      const consumed = await consumeWithWorker(engine, "readers", messages.count, ledger);
      ledger.close("sdk");
      return [produced, consumed];
    }),
};
