import { type ConfirmChannel, connect } from "amqplib";
import { sendInFlight } from "./in-flight.ts";
import type { MessageSet } from "./message-set.ts";
import type { Bout } from "./scenario.ts";

export const queueName = "bench";
const messagesPerCall = 500;
const callsInFlight = 4;

/**
 * `classic`: what a durable queue is unless it is asked for otherwise. `quorum`: the replicated kind, of one node here; its
 * log makes it the faster one.
 */
export type QueueType = "classic" | "quorum";

/** What the table calls it. */
export const nameOf = (type: QueueType): string => (type === "classic" ? "rabbitmq" : "rabbitmq-quorum");

export const produceConfiguration = (type: QueueType): string =>
  `durable ${type} queue, persistent messages, publisher confirms, ${messagesPerCall * callsInFlight} unconfirmed, one connection`;

/** Runs something with a connection and a durable queue, which is deleted afterwards. Null without a server. */
export async function withChannel<T>(
  { peers }: Pick<Bout, "peers">,
  type: QueueType,
  run: (channel: ConfirmChannel, open: () => Promise<ConfirmChannel>) => Promise<T>,
): Promise<T | null> {
  if (peers.rabbitmq === null) return null;
  const { url } = peers.rabbitmq;
  const connections = [await connect(url, { noDelay: true })];
  const channel = await connections[0]!.createConfirmChannel();
  const open = async () => {
    const connection = await connect(url, { noDelay: true });
    connections.push(connection);
    return connection.createConfirmChannel();
  };
  await channel.assertQueue(queueName, { durable: true, arguments: { "x-queue-type": type } });
  try {
    return await run(channel, open);
  } finally {
    await channel.deleteQueue(queueName);
    for (const connection of connections) await connection.close();
  }
}

/** Publishes the messages; resolves when the last is confirmed. */
export async function publishAll(channel: ConfirmChannel, messages: MessageSet): Promise<void> {
  await sendInFlight(messages.count, messagesPerCall, callsInFlight, (from, to) =>
    publish(channel, messages, from, to),
  );
}

/** Publishes some messages at once; resolves when all of them are confirmed. */
export function publish(
  channel: ConfirmChannel,
  messages: MessageSet,
  from: number,
  to: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = to - from;
    const confirmed = (error: unknown) => {
      open -= 1;
      if (error) reject(new Error("rabbitmq: a message was refused"));
      else if (open === 0) resolve();
    };
    for (const { buffer, byteOffset, length } of messages.bodies(from, to)) {
      const body = Buffer.from(buffer as ArrayBuffer, byteOffset, length);
      channel.publish("", queueName, body, { persistent: true }, confirmed);
    }
  });
}
