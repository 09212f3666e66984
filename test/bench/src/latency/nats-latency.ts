import { AckPolicy } from "@nats-io/jetstream";
import { publish, stream, withStream } from "../nats.ts";
import type { Contestant } from "../scenario.ts";
import { measureLatency } from "./handle-paced.ts";

export const natsLatency: Contestant = {
  name: "nats",
  share: 1,
  configuration: "JetStream with file storage, pull consumer, each message acknowledged, one connection",
  measure: (bout) =>
    withStream(bout, ({ client, manager }) =>
      measureLatency("nats", bout.messages, {
        send: (from, to) => publish(client, bout.messages, from, to),
        async receive(handle) {
          await manager.consumers.add(stream, {
            durable_name: "readers",
            ack_policy: AckPolicy.Explicit,
            max_ack_pending: -1,
          });
          const consumer = await client.consumers.get(stream, "readers");
          const pulls = await consumer.consume({
            max_messages: 5_000,
            callback: (message) => {
              handle(message.data);
              message.ack();
            },
          });
          return () => pulls.close();
        },
      }),
    ),
};
