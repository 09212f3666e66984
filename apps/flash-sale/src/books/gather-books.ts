import type { Engine } from "@tidegate/core";
import type { Receipts } from "../crowd/receipts.ts";
import { type PlacedOrder, readOrder } from "../orders/order.ts";
import type { OrderRow } from "../orders/order-database.ts";
import type { Books } from "./balance-books.ts";

export interface Witnesses {
  readonly engine: Engine;
  readonly topic: string;
  readonly group: string;
  readonly stock: number;
  readonly receipts: Receipts;
  readonly rows: readonly OrderRow[];
}

/** Asks the witnesses. The log is read from Redis, past the server. Call it when nothing can be appended any more. */
export async function gatherBooks(witnesses: Witnesses): Promise<Books> {
  const { engine, topic, group, receipts, stock, rows } = witnesses;
  const { gateState, partitions } = await engine.topics.describe(topic);
  const { lag, deadLettered } = await engine.groups.describe(topic, group);
  const log: PlacedOrder[] = [];
  for (let partition = 0; partition < partitions; partition++)
    log.push(...(await readLog(engine, topic, partition)));
  return {
    stock,
    buyers: {
      requests: receipts.requests,
      acceptances: receipts.acceptMs.length,
      refusals: [...receipts.refused.values()].reduce((sum, count) => sum + count, 0),
      hungUp: receipts.hungUp,
      failed: receipts.failed,
      accepted: [...receipts.accepted.values()],
      answered: receipts.answered,
      contradictions: receipts.contradictions,
    },
    log,
    admitted: gateState?.admitted ?? 0,
    group: { lag, deadLettered },
    recount: (await engine.audit(topic)).findings,
    rows,
  };
}

async function readLog(engine: Engine, topic: string, partition: number): Promise<PlacedOrder[]> {
  const orders: PlacedOrder[] = [];
  for (let from = 0, end = 1; from < end; ) {
    const page = await engine.read(topic, partition, { from, limit: 1_000 });
    for (const message of page.messages) {
      // What is no order is in nobody's books, and shows as a difference to the gate's.
      const order = readOrder(message, partition);
      if (order !== null) orders.push(order);
    }
    if (page.nextOffset <= from) break;
    from = page.nextOffset;
    end = page.end;
  }
  return orders;
}
