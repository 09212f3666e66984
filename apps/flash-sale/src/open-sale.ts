import { Client } from "@tidegate/client";

export const topic = "orders";
export const group = "database";

/** What a killed order worker costs: so long its messages wait until they are handed out again. */
const leaseMs = 5_000;

/** How the orders are pushed to a function, when they are. */
export interface OrderPush {
  readonly url: string;
  readonly perSecond: number;
}

/** A tenth of a second's orders: what one call has, and what may be called with at once. */
export function burstOf(perSecond: number): number {
  return Math.min(1_000, Math.max(1, Math.floor(perSecond / 10)));
}

/** Ten calls in a second, as the order worker has ten transactions. */
function pushSettings({ url, perSecond }: OrderPush) {
  const batchSize = burstOf(perSecond);
  return {
    push: { url, batchSize, timeoutMs: leaseMs },
    rate: { limit: perSecond, intervalMs: 1_000, burst: batchSize },
  };
}

/**
 * Makes the topic with its gate, and the group of the order workers. One partition: so an order's offset is its place in
 * the line, stock is exact without further ado, and all requests of a moment share one append. Four partitions placed together
 * took a tenth longer.
 */
export async function openSale(
  serverUrl: string,
  stock: number,
  push: OrderPush | null = null,
): Promise<void> {
  const client = new Client({ url: serverUrl });
  await client.topics.put(topic, {
    partitions: 1,
    gate: { id: "sale", stock, perKey: { limit: 1 } },
  });
  await client.groups.put(topic, group, { leaseMs, ...(push && pushSettings(push)) });
}

/** The keys with which Tidegate signs what it pushes. */
export async function readSigningKeys(serverUrl: string): Promise<string[]> {
  const answer = await fetch(`${serverUrl}/v1/signing-keys`);
  if (!answer.ok) throw new Error(`GET /v1/signing-keys: ${answer.status} ${await answer.text()}`);
  const { current, next } = (await answer.json()) as { current: string; next: string };
  return [current, next];
}
