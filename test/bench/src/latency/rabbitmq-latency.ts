import { publish, queueName, withChannel } from "../rabbitmq.ts";
import type { Contestant } from "../scenario.ts";
import { measureLatency } from "./handle-paced.ts";

export const rabbitmqLatency: Contestant = {
  name: "rabbitmq",
  share: 1,
  configuration:
    "durable classic queue, publisher confirms, prefetch 1000, each message acknowledged, two connections",
  measure: (bout) =>
    withChannel(bout, "classic", (channel, open) =>
      measureLatency("rabbitmq", bout.messages, {
        send: (from, to) => publish(channel, bout.messages, from, to),
        async receive(handle) {
          const consumer = await open();
          await consumer.prefetch(1_000);
          await consumer.consume(queueName, (message) => {
            handle(message?.content ?? null);
            if (message !== null) consumer.ack(message);
          });
          return () => consumer.checkQueue(queueName);
        },
      }),
    ),
};
