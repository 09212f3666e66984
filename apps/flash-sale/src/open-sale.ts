import { Client } from "@tidegate/client";

export const topic = "orders";
export const group = "database";

/** What a killed order worker costs: so long its messages wait until they are handed out again. */
const leaseMs = 5_000;

/**
 * Makes the topic with its gate, and the group of the order workers. One partition: so an order's offset is its place in
 * the line, stock is exact without further ado, and all requests of a moment share one append. Four partitions placed together
 * took a tenth longer.
 */
export async function openSale(serverUrl: string, stock: number): Promise<void> {
  const client = new Client({ url: serverUrl });
  await client.topics.put(topic, {
    partitions: 1,
    gate: { id: "sale", stock, perKey: { limit: 1 } },
  });
  await client.groups.put(topic, group, { leaseMs });
}
