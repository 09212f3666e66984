import type { DeliveredMessage, Lease, ReceiveOptions, System } from "./system.ts";

/** A message with the lease that it came under. */
export interface Held extends DeliveredMessage {
  readonly partition: number;
  readonly leaseId: string;
}

/** How long a receive that is expected to bring something waits at most. */
const patienceMs = 10_000;

/** Receives until so many messages are held, waiting for each; none is settled. */
export async function receiveLeases(
  system: System,
  topic: string,
  group: string,
  count: number,
  options: ReceiveOptions = {},
): Promise<Lease[]> {
  const leases: Lease[] = [];
  let held = 0;
  while (held < count) {
    const maxMessages = Math.min(options.maxMessages ?? 1000, count - held);
    const answer = await system.receive(topic, group, { waitMs: patienceMs, ...options, maxMessages });
    if (answer.leases.length === 0) throw new Error(`${held} of ${count} messages came in ${patienceMs} ms`);
    leases.push(...answer.leases);
    for (const { messages } of answer.leases) held += messages.length;
  }
  return leases;
}

/** The same, with one lease alone: for a single partition. */
export async function receiveOne(
  system: System,
  topic: string,
  group: string,
  options: ReceiveOptions = {},
): Promise<Lease> {
  const { leases } = await system.receive(topic, group, { waitMs: patienceMs, ...options });
  const [lease, other] = leases;
  if (lease === undefined) throw new Error(`nothing came in ${patienceMs} ms`);
  if (other !== undefined) throw new Error("more than one lease came");
  return lease;
}

/** The messages of leases, each with the lease that it came under. */
export function heldBy(leases: readonly Lease[]): Held[] {
  return leases.flatMap(({ id, partition, messages }) =>
    messages.map((message) => ({ ...message, partition, leaseId: id })),
  );
}

/** Receives so many messages, acknowledging each lease before the next; in the order in which they came. */
export async function consume(
  system: System,
  topic: string,
  group: string,
  count: number,
  options: ReceiveOptions = {},
): Promise<Held[]> {
  const held: Held[] = [];
  while (held.length < count) {
    const maxMessages = Math.min(options.maxMessages ?? 1000, count - held.length);
    const { leases } = await system.receive(topic, group, { waitMs: patienceMs, ...options, maxMessages });
    if (leases.length === 0) throw new Error(`${held.length} of ${count} messages came in ${patienceMs} ms`);
    await acknowledge(system, topic, group, leases);
    held.push(...heldBy(leases));
  }
  return held;
}

/** Acknowledges whole leases. */
export async function acknowledge(
  system: System,
  topic: string,
  group: string,
  leases: readonly Lease[],
): Promise<void> {
  await Promise.all(leases.map(({ id }) => system.settle(topic, group, id, { ack: "all" })));
}

/** What a receive that does not wait brings. */
export async function peek(system: System, topic: string, group: string): Promise<Held[]> {
  return heldBy((await system.receive(topic, group)).leases);
}
