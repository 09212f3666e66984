import { Ledger } from "../ledger.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { appendAll, enterLog, produceConfiguration, withEngine } from "../tidegate.ts";

export const tidegateProduce: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: produceConfiguration,
  measure: async ({ startRedis, messages }) =>
    withEngine(await startRedis(), {}, async (engine, open) => {
      const rateOf = startStopwatch();
      await appendAll(engine, messages);
      const rate = rateOf(messages.count);
      const ledger = new Ledger(messages);
      await enterLog(open, ledger);
      ledger.close("tidegate");
      return [rate];
    }),
};
