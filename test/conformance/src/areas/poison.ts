import { expect } from "vitest";
import { heldBy } from "../consume.ts";
import { groupModes } from "../group-modes.ts";
import type { Area } from "../story.ts";
import type { Lease, System } from "../system.ts";
import { messagesOf, numbered } from "../text.ts";

const count = 500;
const poison = 137;
const maxDeliveries = 3;
const isPoisoned = (lease: Lease) => lease.messages.some(({ offset }) => offset === poison);

/** One message in a batch of 500 that kills whoever handles it: only that one is dead-lettered. */
export const poisons: Area = ({ story }) => {
  for (const [name, mode] of Object.entries(groupModes)) {
    const settings = { ...mode, maxDeliveries, backoff: { initialMs: 1, maxMs: 1 } };

    story(`reported each time, ${name}`, {}, async ({ system, topic }) => {
      await system.putGroup(topic, "g", settings);
      await system.publish(topic, messagesOf(numbered(count)));
      const attempts = await work(system, topic, async (lease) => {
        const failed = isPoisoned(lease) ? [{ offset: poison, delayMs: 0 }] : [];
        await system.settle(topic, "g", lease.id, { ack: "all", retry: failed });
      });
      expect(attempts.get(poison)).toEqual([1, 2, 3]);
      for (const [offset, seen] of attempts) if (offset !== poison) expect(seen.at(-1)).toBe(1);
      await expectOneDead(system, topic, "The last attempt failed");
    });

    story(`expiring unreported, ${name}`, {}, async ({ system, topic }) => {
      await system.putGroup(topic, "g", settings);
      await system.publish(topic, messagesOf(numbered(count)));
      const attempts = await work(system, topic, async (lease) => {
        // Whoever has the poison dies at once, and with it what it knew of the others.
        if (isPoisoned(lease)) await system.extend(topic, "g", lease.id, { leaseMs: 100 });
        else await system.settle(topic, "g", lease.id, { ack: "all" });
      });
      expect(attempts.get(poison)).toEqual([1, 2, 3]);
      // On the last attempt everything is alone, or neighbours would have died with it.
      for (const seen of attempts.values()) expect(Math.max(...seen)).toBeLessThanOrEqual(maxDeliveries);
      await expectOneDead(system, topic, "The last attempt was not settled before its deadline");
    });
  }
};

/** Handles leases until the group has nothing left. Answers which attempts of each offset were seen. */
async function work(
  system: System,
  topic: string,
  handle: (lease: Lease) => Promise<void>,
): Promise<Map<number, number[]>> {
  const attempts = new Map<number, number[]>();
  for (;;) {
    const { leases } = await system.receive(topic, "g", { maxMessages: count, leaseMs: 60_000, waitMs: 200 });
    for (const { offset, attempt } of heldBy(leases))
      attempts.set(offset, [...(attempts.get(offset) ?? []), attempt]);
    await Promise.all(leases.map(handle));
    if (leases.length === 0 && (await system.describeGroup(topic, "g")).lag === 0) return attempts;
  }
}

async function expectOneDead(system: System, topic: string, reason: string): Promise<void> {
  const { messages } = await system.deadLetters(topic, "g");
  expect(messages).toMatchObject([{ originOffset: poison, attempts: maxDeliveries, reason }]);
  expect(await system.describeGroup(topic, "g")).toMatchObject({
    lag: 0,
    deadLettered: 1,
    partitions: [{ acked: count - 1, committed: count }],
  });
}
