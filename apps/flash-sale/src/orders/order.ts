import type { StoredMessage } from "@tidegate/core";

/** What a buyer asks for. */
export interface Order {
  /** Made by the buyer, once for each thing that is wanted: it is also the idempotency key, so a repeat is the same order. */
  readonly id: string;
  readonly buyer: string;
}

/** An order that is in the log, and where: its place is its number in the line. */
export interface PlacedOrder extends Order {
  readonly partition: number;
  readonly offset: number;
}

/** The JSON body that a buyer posts. The gate counts by key, so the key is the buyer. */
export function publishBody({ id, buyer }: Order): string {
  return JSON.stringify({ messages: [{ key: buyer, value: { order: id }, idempotencyKey: id }] });
}

/** The order in a message; null if the message is none. */
export function readOrder(message: StoredMessage, partition: number): PlacedOrder | null {
  if (message.key === null || message.value === null) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(message.value).toString());
    const id = (value as { order?: unknown } | null)?.order;
    if (typeof id !== "string") return null;
    return { id, buyer: Buffer.from(message.key).toString(), partition, offset: message.offset };
  } catch {
    return null;
  }
}
