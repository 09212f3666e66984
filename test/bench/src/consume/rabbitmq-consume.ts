import type { ConsumeMessage } from "amqplib";
import { Ledger } from "../ledger.ts";
import { nameOf, publishAll, type QueueType, queueName, withChannel } from "../rabbitmq.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";

const prefetch = 5_000;
const messagesPerAck = 100;

export const rabbitmqConsume = (type: QueueType): Contestant => ({
  name: nameOf(type),
  share: 1 / 4,
  configuration: `durable ${type} queue, a handler for each message, prefetch ${prefetch}, one acknowledgement for ${messagesPerAck} messages, one connection`,
  measure: (bout) =>
    withChannel(bout, type, async (channel, open) => {
      const { messages } = bout;
      await publishAll(channel, messages);
      const consumer = await open();
      await consumer.prefetch(prefetch);
      const ledger = new Ledger(messages);
      let handled = 0;
      const rateOf = startStopwatch();
      await new Promise<void>((resolve, reject) => {
        const onMessage = (message: ConsumeMessage | null) => {
          if (message === null) return reject(new Error("rabbitmq: the queue has gone"));
          ledger.enter(message.content);
          handled += 1;
          if (handled % messagesPerAck === 0 || handled === messages.count) consumer.ack(message, true);
          if (handled === messages.count) resolve();
        };
        consumer.consume(queueName, onMessage).catch(reject);
      });
      // Answered behind the last acknowledgement.
      const { messageCount } = await consumer.checkQueue(queueName);
      const rate = rateOf(messages.count);
      if (messageCount > 0) throw new Error(`rabbitmq: ${messageCount} messages are left`);
      ledger.close(nameOf(type));
      return [rate];
    }),
});
