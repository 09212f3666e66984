import { Engine } from "@tidegate/core";
import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { Redis } from "ioredis";
import { sendInFlight } from "./in-flight.ts";
import type { MessageSet } from "./message-set.ts";

export const topic = "bench";
export const partitions = 4;
const messagesPerCall = 1_000;
const bytesPerCall = 1024 * 1024;
const callsInFlight = 16;

export const produceConfiguration = `${partitions} partitions, append of ${messagesPerCall} messages or 1 MiB, ${callsInFlight} calls in flight, one connection`;

/** Runs something with an engine and the topic on this Redis. */
export async function withEngine<T>(redis: EmbeddedRedis, run: (engine: Engine) => Promise<T>): Promise<T> {
  const client = new Redis(redis.port, redis.host);
  const engine = new Engine({ redis: client, namespace: "bench" });
  try {
    await engine.start();
    await engine.topics.put(topic, { partitions });
    return await run(engine);
  } finally {
    await engine.stop();
    client.disconnect();
  }
}

/** Appends the messages as a user in a hurry would. Throws when one is refused. */
export async function appendAll(engine: Engine, messages: MessageSet): Promise<void> {
  const perCall = Math.max(1, Math.min(messagesPerCall, Math.floor(bytesPerCall / messages.payloadBytes)));
  await sendInFlight(messages.count, perCall, callsInFlight, async (from, to) => {
    const list = messages.bodies(from, to).map((value) => ({ value }));
    const { outcomes } = await engine.append(topic, list);
    for (const { status } of outcomes) if (status !== "appended") throw new Error("a message was refused");
  });
}
