import type { DeliveredMessage, Lease, Outcome } from "@tidegate/core";
import { type MessageOutcome, release } from "../push/message-outcome.ts";
import type { PushGroup } from "../push/pusher.ts";
import type { Gate } from "./gate.ts";

/** Calls the endpoint with some messages of a lease. */
export type Push = (messages: readonly DeliveredMessage[]) => Promise<MessageOutcome[]>;

/** Pushes what a lease holds, as the group's order asks, and says how to settle it. */
export async function deliverLease(lease: Lease, group: PushGroup, push: Push, gate: Gate): Promise<Outcome> {
  const parts = cutIntoBatches(lease.messages, group.push.batchSize, group.maxDeliveries);
  const settled: Settled = { retry: [], release: [], deadLetter: [] };
  if (group.ordering === "none") {
    await Promise.all(parts.map(async (part) => enter(settled, part, await gate.run(() => push(part)))));
  } else {
    await gate.run(async () => {
      const blocked = new Blocked(group.ordering === "partition");
      for (const part of parts) {
        const free = part.filter((message) => !blocked.has(message));
        enter(
          settled,
          part.filter((message) => blocked.has(message)),
          [],
        );
        if (free.length === 0) continue;
        const outcomes = await push(free);
        enter(settled, free, outcomes);
        for (const [index, message] of free.entries())
          if (outcomes[index]!.kind !== "acknowledge") blocked.add(message);
      }
    });
  }
  return { ack: "all", ...settled };
}

interface Settled {
  readonly retry: { offset: number; delayMs?: number }[];
  readonly release: number[];
  readonly deadLetter: { offset: number; reason: string }[];
}

/** A message without an outcome was not begun. */
function enter(
  settled: Settled,
  messages: readonly DeliveredMessage[],
  outcomes: readonly MessageOutcome[],
): void {
  for (const [index, { offset }] of messages.entries()) {
    const outcome = outcomes[index] ?? release;
    if (outcome.kind === "release") settled.release.push(offset);
    else if (outcome.kind === "dead-letter") settled.deadLetter.push({ offset, reason: outcome.reason });
    else if (outcome.kind === "retry")
      settled.retry.push(outcome.delayMs === null ? { offset } : { offset, delayMs: outcome.delayMs });
  }
}

/** Messages on their last attempt go alone, so that one which fails its batch takes no neighbours with it. */
function cutIntoBatches(
  messages: readonly DeliveredMessage[],
  batchSize: number,
  maxDeliveries: number,
): DeliveredMessage[][] {
  const batches: DeliveredMessage[][] = [];
  let open: DeliveredMessage[] | null = null;
  for (const message of messages) {
    const isLast = message.attempt > 1 && message.attempt >= maxDeliveries;
    if (open === null || isLast || open.length === batchSize) {
      open = [];
      batches.push(open);
    }
    open.push(message);
    if (isLast) open = null;
  }
  return batches;
}

/** What must wait behind a message that was not acknowledged: everything, or what has its key. */
class Blocked {
  readonly #everything: boolean;
  readonly #keys = new Set<string>();
  #any = false;

  constructor(everything: boolean) {
    this.#everything = everything;
  }

  add({ key }: DeliveredMessage): void {
    this.#any = true;
    if (key !== null) this.#keys.add(Buffer.from(key).toString("base64"));
  }

  has({ key }: DeliveredMessage): boolean {
    if (!this.#any) return false;
    return this.#everything || (key !== null && this.#keys.has(Buffer.from(key).toString("base64")));
  }
}
