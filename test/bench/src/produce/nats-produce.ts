import { Ledger } from "../ledger.ts";
import { produceConfiguration, publishAll, stream, withStream } from "../nats.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";

export const natsProduce: Contestant = {
  name: "nats",
  share: 1 / 8,
  configuration: produceConfiguration,
  measure: (bout) =>
    withStream(bout, async (tools) => {
      const { messages } = bout;
      const rateOf = startStopwatch();
      await publishAll(tools, messages);
      const rate = rateOf(messages.count);
      const ledger = new Ledger(messages);
      const consumer = await tools.client.consumers.get(stream);
      let left = (await tools.manager.streams.info(stream)).state.messages;
      for await (const { data } of await consumer.consume({ max_messages: 5_000 })) {
        ledger.enter(data);
        left -= 1;
        if (left <= 0) break;
      }
      ledger.close("nats");
      return [rate];
    }),
};
