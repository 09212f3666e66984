import { Ledger } from "../ledger.ts";
import {
  nameOf,
  produceConfiguration,
  publishAll,
  type QueueType,
  queueName,
  withChannel,
} from "../rabbitmq.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";

export const rabbitmqProduce = (type: QueueType): Contestant => ({
  name: nameOf(type),
  share: 1 / 8,
  configuration: produceConfiguration(type),
  measure: (bout) =>
    withChannel(bout, type, async (channel) => {
      const { messages } = bout;
      const rateOf = startStopwatch();
      await publishAll(channel, messages);
      const rate = rateOf(messages.count);
      const ledger = new Ledger(messages);
      const { messageCount } = await channel.checkQueue(queueName);
      await new Promise<void>((resolve, reject) => {
        let left = messageCount;
        if (left === 0) resolve();
        const onMessage = (message: { content: Buffer } | null) => {
          ledger.enter(message?.content ?? null);
          left -= 1;
          if (left === 0) resolve();
        };
        channel.consume(queueName, onMessage, { noAck: true }).catch(reject);
      });
      ledger.close(nameOf(type));
      return [rate];
    }),
});
