import type { Client } from "@tidegate/client";
import type { Engine } from "@tidegate/core";
import { topics } from "../topics.ts";
import { type Activity, every } from "./pace.ts";
import type { PublishedLately } from "./published-lately.ts";

const body = Buffer.alloc(200, "x");

/** Half of the messages with the SDK, half over HTTP, a few of them delayed, and a trickle of work that may fail. */
export function publishing(
  engine: Engine,
  client: Client,
  messagesPerSecond: number,
  published: PublishedLately,
): Activity[] {
  // Ten calls a second each.
  const batch = Math.max(1, Math.round(messagesPerSecond / 20));
  const streamed = Array.from({ length: batch }, (_, index) => ({
    key: Buffer.from(`k${index}`),
    value: body,
  }));
  const web = Array.from({ length: batch }, (_, index) => ({ value: { n: index, text: "x".repeat(150) } }));
  return [
    every(100, async () => {
      await engine.append(topics.stream, streamed);
      published.add(streamed.length);
    }),
    every(100, async (turn) => {
      const delayed = { value: { turn }, delayMs: 500 + (turn % 10) * 100 };
      await client.publish(topics.web, [...web, delayed], { idempotent: false });
      published.add(web.length + 1);
    }),
    every(50, async (turn) => {
      await client.publish(topics.work, { key: `k${turn % 7}`, value: turn }, { idempotent: false });
      published.add(1);
    }),
  ];
}
