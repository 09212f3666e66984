import type { Client } from "@tidegate/client";
import type { Engine } from "@tidegate/core";
import { topics } from "../topics.ts";
import { type Activity, every } from "./pace.ts";

const body = Buffer.alloc(200, "x");

/** Half of the messages with the SDK, half over HTTP, a few of them delayed, and a trickle of work that may fail. */
export function publishing(engine: Engine, client: Client, messagesPerSecond: number): Activity[] {
  // Ten calls a second each.
  const batch = Math.max(1, Math.round(messagesPerSecond / 20));
  const streamed = Array.from({ length: batch }, (_, index) => ({
    key: Buffer.from(`k${index}`),
    value: body,
  }));
  const web = Array.from({ length: batch }, (_, index) => ({ value: { n: index, text: "x".repeat(150) } }));
  return [
    every(100, () => engine.append(topics.stream, streamed)),
    every(100, (turn) => {
      const delayed = { value: { turn }, delayMs: 500 + (turn % 10) * 100 };
      return client.publish(topics.web, [...web, delayed], { idempotent: false });
    }),
    every(50, (turn) =>
      client.publish(topics.work, { key: `k${turn % 7}`, value: turn }, { idempotent: false }),
    ),
  ];
}
