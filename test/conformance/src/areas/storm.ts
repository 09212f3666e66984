import { TidegateError } from "@tidegate/contracts";
import { expect } from "vitest";
import { type Held, heldBy, receiveLeases } from "../consume.ts";
import { groupModes } from "../group-modes.ts";
import { type Area, expectSound } from "../story.ts";
import type { Lease, Outcome, System } from "../system.ts";
import { messagesOf, numbered } from "../text.ts";

const partitions = 3;
const each = 80;
const maxDeliveries = 6;

/** The same messages with a few keys, and some without. */
function keyed<T>(messages: readonly T[]): (T & { key: Uint8Array | null })[] {
  return messages.map((message, index) => ({
    ...message,
    key: index % 4 === 0 ? null : Buffer.from(`k${index % 5}`),
  }));
}

/** Consumers that settle, dawdle, die and change their minds by chance: each message ends once all the same. */
export const storm: Area = ({ story }) => {
  story("scripts that Redis forgets are given to it again", { partitions }, async (stage) => {
    const { system, topic, flushScripts } = stage;
    for (const round of numbered(10, "round")) {
      await flushScripts();
      await Promise.all(
        [0, 1, 2].map((partition) => system.publish(topic, messagesOf([round, `${round}+`], partition))),
      );
      await flushScripts();
      const leases = await receiveLeases(system, topic, "g", 6);
      await flushScripts();
      const settled = await Promise.all(
        leases.map(({ id }) => system.settle(topic, "g", id, { ack: "all" })),
      );
      expect(settled.reduce((sum, { acked }) => sum + acked, 0)).toBe(6);
    }
    expect((await system.describeGroup(topic, "g")).partitions.map(({ acked }) => acked)).toEqual([
      20, 20, 20,
    ]);
  });

  for (const [name, settings] of Object.entries(groupModes)) {
    story(`every message ends once, ${name}`, { partitions }, async ({ system, topic }) => {
      await system.putGroup(topic, "g", { ...settings, maxDeliveries, backoff: { initialMs: 1, maxMs: 20 } });
      const books = new Books();
      const consumers = await Promise.all(Array.from({ length: 4 }, () => system.connect()));
      let working = consumers.length;
      let published = false;
      const publish = async () => {
        for (let batch = 0; batch < 8; batch += 1) {
          for (let partition = 0; partition < partitions; partition += 1)
            await system.publish(topic, keyed(messagesOf(numbered(each / 8, `${batch}-`), partition)));
        }
        published = true;
      };
      const work = async (consumer: System, seed: number) => {
        const chance = chanceOf(seed);
        // The lag is asked for after the publishing is known to be over, so none is a true one.
        for (let last = false; !last; ) {
          last = published;
          if (last && (await consumer.describeGroup(topic, "g")).lag > 0) last = false;
          await workOnce(consumer, topic, chance, books);
        }
        working -= 1;
      };
      const watch = async () => {
        while (working > 0) await expectSound(system, topic);
      };
      await Promise.all([
        publish(),
        watch(),
        ...consumers.map((consumer, index) => work(consumer, index + 1)),
      ]);

      expect(books.wrongs).toEqual([]);
      const letters = (await system.deadLetters(topic, "g", { limit: 1000 })).messages;
      const buried = letters.map(({ partition, originOffset }) => `${partition}:${originOffset}`);
      expect(new Set(buried).size).toBe(buried.length);
      expect(buried.filter((place) => books.acked.has(place))).toEqual([]);
      expect(Math.max(0, ...letters.map(({ attempts }) => attempts))).toBeLessThanOrEqual(maxDeliveries);
      const described = await system.describeGroup(topic, "g");
      expect(described).toMatchObject({
        lag: 0,
        inFlight: 0,
        retrying: 0,
        expired: 0,
        deadLettered: buried.length,
      });
      const acked = described.partitions.reduce((sum, partition) => sum + partition.acked, 0);
      expect(acked + buried.length).toBe(partitions * each);
      expect(described.partitions.map(({ committed }) => committed)).toEqual([each, each, each]);
    });
  }
};

/** What the consumers saw. */
class Books {
  readonly acked = new Map<string, number>();
  readonly wrongs: string[] = [];

  deliver({ partition, offset, attempt }: Held): void {
    const place = `${partition}:${offset}`;
    const endedAt = this.acked.get(place);
    if (endedAt !== undefined && attempt > endedAt)
      this.wrongs.push(`${place} came after it was acknowledged`);
    if (attempt > maxDeliveries) this.wrongs.push(`${place} came for the ${attempt}th time`);
  }
}

async function workOnce(consumer: System, topic: string, chance: Chance, books: Books): Promise<void> {
  const { leases } = await consumer.receive(topic, "g", {
    maxMessages: 1 + chance(30),
    leaseMs: chance(4) === 0 ? 100 : 60_000,
    waitMs: 50,
  });
  for (const held of heldBy(leases)) books.deliver(held);
  for (const lease of leases) await endLease(consumer, topic, lease, chance, books);
}

async function endLease(
  consumer: System,
  topic: string,
  lease: Lease,
  chance: Chance,
  books: Books,
): Promise<void> {
  try {
    if (chance(6) === 0) {
      // Dies: nobody will end this lease.
      await consumer.extend(topic, "g", lease.id, { leaseMs: 100 });
      return;
    }
    const outcome = outcomeBy(chance, lease);
    await consumer.settle(topic, "g", lease.id, outcome);
    if (outcome.ack === "all")
      for (const { offset, attempt } of lease.messages)
        books.acked.set(`${lease.partition}:${offset}`, attempt);
  } catch (error) {
    if (!(error instanceof TidegateError && error.code === "LEASE_LOST")) throw error;
  }
}

/** Every message meets a fate of its own, or all the same one. */
function outcomeBy(chance: Chance, lease: Lease): Outcome {
  if (chance(3) === 0) return { ack: "all" };
  const ack: number[] = [];
  const release: number[] = [];
  const retry: { offset: number; delayMs: number }[] = [];
  const deadLetter: { offset: number }[] = [];
  for (const { offset } of lease.messages) {
    const fate = chance(20);
    if (fate < 12) ack.push(offset);
    else if (fate < 14) release.push(offset);
    else if (fate < 17) retry.push({ offset, delayMs: chance(30) });
    else if (fate < 18) deadLetter.push({ offset });
  }
  return { ack, release, retry, deadLetter };
}

type Chance = (sides: number) => number;

/** Repeatable chance: mulberry32. */
function chanceOf(seed: number): Chance {
  let state = seed * 0x9e3779b9;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}
