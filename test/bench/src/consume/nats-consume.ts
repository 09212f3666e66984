import { AckPolicy, type JsMsg } from "@nats-io/jetstream";
import { Ledger } from "../ledger.ts";
import { publishAll, stream, withStream } from "../nats.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";

const durable = "readers";
const prefetch = 5_000;

export const natsConsume: Contestant = {
  name: "nats",
  share: 1 / 2,
  configuration: `pull consumer, a handler for each message, ${prefetch} ahead, each acknowledged, one connection`,
  measure: (bout) =>
    withStream(bout, async (tools) => {
      const { messages } = bout;
      await publishAll(tools, messages);
      await tools.manager.consumers.add(stream, {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        max_ack_pending: -1,
      });
      const consumer = await tools.client.consumers.get(stream, durable);
      const ledger = new Ledger(messages);
      let handled = 0;
      const rateOf = startStopwatch();
      await new Promise<void>((resolve, reject) => {
        const callback = (message: JsMsg) => {
          ledger.enter(message.data);
          message.ack();
          handled += 1;
          if (handled === messages.count) resolve();
        };
        consumer.consume({ max_messages: prefetch, callback }).catch(reject);
      });
      await tools.connection.flush();
      const rate = rateOf(messages.count);
      await waitUntilAcknowledged(tools.manager);
      ledger.close("nats");
      return [rate];
    }),
};

async function waitUntilAcknowledged(manager: {
  consumers: { info(stream: string, consumer: string): Promise<{ num_ack_pending: number }> };
}): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await manager.consumers.info(stream, durable)).num_ack_pending === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nats: not every message was acknowledged");
}
