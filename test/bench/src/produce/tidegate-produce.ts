import type { Engine } from "@tidegate/core";
import { Ledger } from "../ledger.ts";
import type { MessageSet } from "../message-set.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { appendAll, partitions, produceConfiguration, topic, withEngine } from "../tidegate.ts";

export const tidegateProduce: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: produceConfiguration,
  measure: ({ redis, messages }) =>
    withEngine(redis, async (engine) => {
      const rateOf = startStopwatch();
      await appendAll(engine, messages);
      const rate = rateOf(messages.count);
      await checkLog(engine, messages);
      return rate;
    }),
};

async function checkLog(engine: Engine, messages: MessageSet): Promise<void> {
  const ledger = new Ledger(messages);
  for (let partition = 0; partition < partitions; partition += 1) {
    for (let from = 0; ; ) {
      const page = await engine.read(topic, partition, { from, limit: 1_000 });
      for (const { value } of page.messages) ledger.enter(value);
      if (page.messages.length === 0) break;
      from = page.nextOffset;
    }
  }
  ledger.close("tidegate");
}
