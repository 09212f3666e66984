import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@tidegate/client";
import { groups, topics } from "../topics.ts";
import { type Activity, every } from "./pace.ts";

/** Long polls that are hung up, groups and topics that are made and deleted, dead letters that are sent back. */
export function comingAndGoing(client: Client): Activity[] {
  return [
    ...[0, 1, 2].map((poll) => every(50, (turn) => hangUp(client, 50 + ((turn * 7 + poll * 3) % 10) * 40))),
    every(250, (turn) => useGroup(client, `passing-${turn}`)),
    every(500, (turn) => useTopic(client, `passing-${turn}`)),
    every(2000, () => client.redrive(topics.work, groups.flaky, { all: true })),
  ];
}

/** Asks a group that gets everything but never acknowledges: what it was leased goes back when it hangs up. */
async function hangUp(client: Client, afterMs: number): Promise<void> {
  const poll = client.receive(topics.web, "impatient", {
    ...{ maxMessages: 5, waitMs: 5000, leaseMs: 1000 },
    signal: AbortSignal.timeout(afterMs),
  });
  await poll.catch((error: unknown) => {
    if ((error as Error).name !== "TimeoutError") throw error;
  });
  await sleep(afterMs / 4);
}

async function useGroup(client: Client, group: string): Promise<void> {
  await client.groups.put(topics.web, group, { start: "earliest" });
  const { leases } = await client.receive(topics.web, group, { maxMessages: 20, waitMs: 100 });
  for (const { id, messages } of leases.slice(1)) {
    const ack = messages.map(({ offset }) => offset);
    await client.settle(topics.web, group, id, { ack });
  }
  await client.groups.delete(topics.web, group);
}

/** Idempotency keys are kept for a day: they go with their topic here. */
async function useTopic(client: Client, topic: string): Promise<void> {
  await client.topics.put(topic, { partitions: 2 });
  const messages = Array.from({ length: 20 }, (_, index) => ({
    value: index,
    idempotencyKey: `i${index % 15}`,
  }));
  await client.publish(topic, messages.slice(0, 15));
  await client.publish(topic, messages.slice(0, 5));
  const { leases } = await client.receive(topic, "g", { waitMs: 100 });
  for (const { id } of leases) await client.settle(topic, "g", id, { ack: "all" });
  // Nothing is left: this one waits.
  await client.receive(topic, "g", { waitMs: 30 });
  await client.topics.delete(topic);
}
