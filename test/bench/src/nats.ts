import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { sendInFlight } from "./in-flight.ts";
import type { MessageSet } from "./message-set.ts";
import type { Bout } from "./scenario.ts";

export const stream = "bench";
export const subject = "bench.messages";
const messagesPerCall = 500;
const callsInFlight = 4;

export const produceConfiguration = `JetStream with file storage, ${messagesPerCall * callsInFlight} unacknowledged, one connection`;

export interface NatsTools {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** Runs something with a connection and a stream, which is deleted afterwards. Null without a server. */
export async function withStream<T>(
  { peers }: Pick<Bout, "peers">,
  run: (tools: NatsTools) => Promise<T>,
): Promise<T | null> {
  if (peers.nats === null) return null;
  const connection = await connect({ servers: peers.nats.url.replace("nats://", "") });
  const client = jetstream(connection, { timeout: 60_000 });
  const manager = await jetstreamManager(connection, { timeout: 60_000 });
  await manager.streams.add({
    name: stream,
    subjects: [subject],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
  });
  try {
    return await run({ connection, client, manager });
  } finally {
    await manager.streams.delete(stream);
    await connection.close();
  }
}

/** Publishes the messages; resolves when the last is acknowledged. */
export async function publishAll({ client }: NatsTools, messages: MessageSet): Promise<void> {
  await sendInFlight(messages.count, messagesPerCall, callsInFlight, (from, to) =>
    publish(client, messages, from, to),
  );
}

/** Publishes some messages at once; resolves when all of them are acknowledged. */
export async function publish(
  client: JetStreamClient,
  messages: MessageSet,
  from: number,
  to: number,
): Promise<void> {
  await Promise.all(messages.bodies(from, to).map((body) => client.publish(subject, body)));
}
