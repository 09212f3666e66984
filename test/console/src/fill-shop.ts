import type { Client } from "@tidegate/client";
import { hostile } from "./hostile-text.ts";

/** How many messages `fillShop` puts where tests count them. */
export const shop = { orders: 600, letters: 7, strange: 6, visitors: 3 } as const;

/** Topics, groups and messages as a shop has them: always the same. Answers a ticket of an order that waits. */
export async function fillShop(client: Client): Promise<{ ticket: string }> {
  await client.topics.put("orders", { partitions: 12 });
  await client.topics.put("payments", { partitions: 6, retention: { policy: "queue" } });
  await client.topics.put("mails", { partitions: 4 });
  await client.topics.put("clicks", { partitions: 64 });
  await client.topics.put("lantern-sale", {
    partitions: 4,
    placement: "together",
    gate: { id: "lantern-2026", stock: 500, perKey: { limit: 1 }, redirectTo: "https://shop.example/sorry" },
  });
  await client.topics.put("concert", {
    partitions: 1,
    placement: "together",
    gate: { id: "concert-2026", stock: 80, capacity: 1_000 },
  });
  await client.groups.put("concert", "tickets");
  await client.line("concert").put({
    id: "concert-line",
    startsAt: Date.now() + 3_600_000,
    ordersGroup: "tickets",
  });
  for (let visitor = 0; visitor < shop.visitors; visitor++) await client.line("concert").join();
  await client.httpTasks.schedules.put("ping", {
    when: { everyMs: 86_400_000, startAt: Date.now() + 86_400_000 },
    call: { url: "https://shop.example/ping" },
  });
  await client.topics.put("strange", { partitions: 1 });
  await client.groups.put("orders", "billing");
  await client.groups.put("orders", "warehouse", { ordering: "key" });
  await client.groups.put("orders", "analytics");
  await client.groups.put("payments", "ledger", { maxDeliveries: 2 });
  await client.groups.put("mails", "sender", {
    perKey: { rate: { limit: 5, intervalMs: 1_000 }, concurrency: 2 },
    concurrency: 20,
  });
  await client.groups.put("lantern-sale", "database");
  const orders = Array.from({ length: shop.orders }, (_, number) => ({
    key: `customer-${number % 40}`,
    value: order(number),
    headers: { "x-source": number % 2 === 0 ? "web" : "app" },
  }));
  const { messages } = await client.publish("orders", orders);
  const mails = Array.from({ length: 90 }, (_, number) => ({
    key: ["shop.example", "bank.example", "club.example"][number % 3]!,
    value: { to: `reader-${number}@example.org`, template: "welcome" },
  }));
  await client.publish("mails", mails);
  await sell(client);
  await bury(client);
  await publishStrange(client);
  return { ticket: messages[0]!.ticket };
}

export function order(number: number) {
  return {
    order: 10_000 + number,
    customer: { id: `customer-${number % 40}`, country: ["DE", "FR", "ES"][number % 3] },
    lines: [{ item: "lantern", quantity: 1 + (number % 3), price: 49.9 }],
    express: number % 5 === 0,
    note: null,
  };
}

/** Some of a stock. */
async function sell(client: Client): Promise<void> {
  const buyers = Array.from({ length: 320 }, (_, buyer) => ({ key: `buyer-${buyer}`, value: { buyer } }));
  await client.publish("lantern-sale", buyers);
}

/** Payments that were given up, with reasons. */
async function bury(client: Client): Promise<void> {
  const payments = Array.from({ length: 30 }, (_, number) => ({
    key: `card-${number}`,
    value: { payment: number, amount: 20 + number },
  }));
  await client.publish("payments", payments);
  let left: number = shop.letters;
  while (left > 0) {
    const { leases } = await client.receive("payments", "ledger", { maxMessages: 1, consumer: "ledger-1" });
    for (const { id, messages } of leases) {
      const offset = messages[0]!.offset;
      const reason = left === 1 ? hostile.image : "the bank answered 400: card is unknown";
      await client.settle("payments", "ledger", id, { deadLetter: [{ offset, reason }] });
      left -= 1;
    }
  }
}

/** Text that wants to be more, in all places where text goes; and bytes. */
async function publishStrange(client: Client): Promise<void> {
  await client.publish("strange", [
    { key: hostile.image, value: { html: hostile.image, [hostile.script]: hostile.vector } },
    {
      key: hostile.turned,
      value: hostile.script,
      headers: { "content-type": "text/html; charset=utf-8", "x-evil": hostile.vector },
    },
    { key: hostile.link, value: Uint8Array.from({ length: 64 }, (_, index) => index * 4) },
    { value: hostile.template, headers: { "x-<b>name</b>": hostile.image } },
    { key: null, valueBase64: null },
    { key: Uint8Array.of(0xff, 0xfe, 0x00), value: { large: "x".repeat(80_000) } },
  ]);
  await client.groups.put("strange", "reader");
  await client.receive("strange", "reader", { maxMessages: 2, leaseMs: 3_600_000, consumer: hostile.vector });
}
