import type { Engine } from "@tidegate/core";
import { sendInFlight } from "../in-flight.ts";
import type { MessageSet } from "../message-set.ts";
import { topic } from "../tidegate.ts";

const messagesPerCall = 1_000;
const callsInFlight = 16;

/** Appends all messages, each with one of so many keys. The keys come in an order that is not that of their numbers. */
export async function appendKeyed(engine: Engine, messages: MessageSet, keys: number): Promise<void> {
  await sendInFlight(messages.count, messagesPerCall, callsInFlight, async (start, end) => {
    const list = messages
      .bodies(start, end)
      .map((value, index) => ({ value, key: Buffer.from(`key-${((start + index) * 7919) % keys}`) }));
    const { outcomes } = await engine.append(topic, list);
    for (const { status } of outcomes) if (status !== "appended") throw new Error("a message was refused");
  });
}
