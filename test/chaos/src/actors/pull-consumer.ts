import { setTimeout as pause } from "node:timers/promises";
import type { DeliveredMessage, Lease } from "@tidegate/core";
import type { Random } from "../random.ts";
import type { ActorContext } from "./actor-context.ts";
import { fateOf, idOf } from "./body.ts";
import { recordSettle, settleSeen } from "./recorded-groups.ts";

/** Consumes a group by receive and settle, as a function does that is called now and then. */
export async function consumeByPull(
  context: ActorContext,
  { topic, group, leaseMs }: { topic: string; group: string; leaseMs: number },
): Promise<void> {
  const { engine, journal, random, stop, name } = context;
  while (!stop.aborted) {
    const call = journal.newCall();
    journal.write({ type: "acquire", call, topic, group });
    let leases: Lease[] = [];
    try {
      const options = {
        maxMessages: random.whole(1, 60),
        waitMs: 500,
        leaseMs,
        consumer: name,
        signal: stop,
      };
      leases = (await engine.groups.receive(topic, group, options)).leases;
    } catch {
      await pause(100);
    }
    for (const { id: lease, partition, deadline, messages } of leases) {
      journal.write({ type: "acquired", call, lease, partition, deadline, segments: segmentsOf(messages) });
      journal.write({
        type: "delivered",
        topic,
        group,
        lease,
        messages: messages.map(({ offset, value, attempt }) => [offset, idOf(value), attempt]),
      });
      await handle(context, { topic, group, lease }, messages, leaseMs).catch(() => {});
    }
  }
}

interface Where {
  topic: string;
  group: string;
  lease: string;
}

async function handle(
  context: ActorContext,
  where: Where,
  messages: readonly DeliveredMessage[],
  leaseMs: number,
): Promise<void> {
  const { engine, journal, random } = context;
  const { topic, group, lease } = where;
  // One that forgets what it has: it comes back after its deadline.
  if (random.chance(0.01)) return;
  let left = messages;
  if (messages.some(({ value }) => fateOf(value) === "slow")) {
    await pause(random.whole(10, leaseMs / 2));
    left = await handInPart(context, where, left, leaseMs);
  }
  // It has taken more than it can do.
  if (left.length > 1 && random.chance(0.03)) left = await handBackTail(context, where, left);
  const outcome = random.chance(0.05) ? decideSome(left, random) : decide(left, random);
  const settle = () => engine.groups.settle(topic, group, lease, outcome);
  await recordSettle(journal, where, settleSeen(outcome), settle);
  if (random.chance(0.05)) await recordSettle(journal, where, settleSeen(outcome), settle);
}

/** Acknowledges some of a lease, from its front or here and there, and keeps the rest for longer. */
async function handInPart(
  { engine, journal, random }: ActorContext,
  where: Where,
  messages: readonly DeliveredMessage[],
  leaseMs: number,
): Promise<readonly DeliveredMessage[]> {
  const front = messages.slice(0, random.whole(0, messages.length - 1));
  const some = random.chance(0.5) ? front : front.filter(() => random.chance(0.7));
  const ack = some.map(({ offset }) => offset);
  const { topic, group, lease } = where;
  await recordSettle(journal, where, { ack, retry: [], release: [], deadLetter: [], rest: "keep" }, () =>
    engine.groups.extend(topic, group, lease, { ack, leaseMs }),
  );
  return messages.filter(({ offset }) => !ack.includes(offset));
}

/** Gives back what stands last in a lease, and keeps the rest for as long as before. */
async function handBackTail(
  { engine, journal, random }: ActorContext,
  where: Where,
  messages: readonly DeliveredMessage[],
): Promise<readonly DeliveredMessage[]> {
  const kept = random.whole(1, messages.length - 1);
  const release = messages.slice(kept).map(({ offset }) => offset);
  const { topic, group, lease } = where;
  await recordSettle(journal, where, { ack: [], retry: [], release, deadLetter: [], rest: "keep" }, () =>
    engine.groups.extend(topic, group, lease, { leaseMs: "keep", release }),
  );
  return messages.slice(0, kept);
}

interface Decision {
  ack: "all" | number[];
  retry: { offset: number; delayMs?: number }[];
  release: number[];
  deadLetter: { offset: number }[];
}

/** What becomes of each message, by its fate. */
export function decide(
  messages: readonly { offset: number; value: Uint8Array | null; attempt: number }[],
  random: Random,
): Decision {
  const retry: { offset: number; delayMs?: number }[] = [];
  const release: number[] = [];
  const deadLetter: { offset: number }[] = [];
  for (const { offset, value, attempt } of messages) {
    const fate = fateOf(value);
    if (fate === "poison" || (fate === "flaky" && attempt === 1))
      retry.push(random.chance(0.5) ? { offset, delayMs: random.whole(0, 300) } : { offset });
    else if (fate === "doomed") deadLetter.push({ offset });
    else if (fate === "returned" && random.chance(0.5)) release.push(offset);
  }
  return { ack: "all", retry, release, deadLetter };
}

/** The same, but named one by one, and some are forgotten: those fail. */
function decideSome(
  messages: readonly { offset: number; value: Uint8Array | null; attempt: number }[],
  random: Random,
): Decision {
  const { retry, release, deadLetter } = decide(messages, random);
  const others = new Set([...retry, ...deadLetter].map(({ offset }) => offset).concat(release));
  const ack = messages
    .map(({ offset }) => offset)
    .filter((offset) => !others.has(offset) && random.chance(0.9));
  return { ack, retry, release, deadLetter };
}

/** What was received, as runs of offsets of one attempt. */
export function segmentsOf(
  messages: readonly { offset: number; attempt: number }[],
): [number, number, number][] {
  const segments: [number, number, number][] = [];
  for (const { offset, attempt } of messages) {
    const last = segments.at(-1);
    if (last && last[1] + 1 === offset && last[2] === attempt) last[1] = offset;
    else segments.push([offset, offset, attempt]);
  }
  return segments;
}
