import type { Balance } from "../books/balance-books.ts";
import { drainRate } from "../books/drain-rate.ts";
import type { Receipts } from "../crowd/receipts.ts";
import type { SaleOptions } from "../options.ts";
import type { OrderRow } from "../orders/order-database.ts";

/** What came of a sale. */
export interface SaleReport {
  readonly options: SaleOptions;
  readonly receipts: Receipts;
  readonly balance: Balance;
  /** As measured. */
  readonly drainPerSecond: number;
  /** From the first request to the last answer. */
  readonly stormSeconds: number;
  /** From the first request to the last written order. */
  readonly seconds: number;
}

export interface SaleRecord {
  readonly options: SaleOptions;
  readonly receipts: Receipts;
  readonly balance: Balance;
  readonly rows: readonly OrderRow[];
  /** When the crowd came and when it was through, on the clock of `performance`. */
  readonly openedAt: number;
  readonly servedAt: number;
}

export function reportOf({ options, receipts, balance, rows, openedAt, servedAt }: SaleRecord): SaleReport {
  const writtenAt = rows.map((row) => row.writtenAt);
  const endedAt = writtenAt.reduce((last, at) => Math.max(last, at - performance.timeOrigin), servedAt);
  return {
    options,
    receipts,
    balance,
    drainPerSecond: drainRate(writtenAt),
    stormSeconds: (servedAt - openedAt) / 1000,
    seconds: (endedAt - openedAt) / 1000,
  };
}
