import { percentile } from "@tidegate/demo-kit";
import type { SaleReport } from "./sale-report.ts";

/** The report as `--json` prints it. */
export interface SaleSummary {
  readonly buyers: number;
  /** Requests that were sent, repeats and those that were hung up included. */
  readonly requests: number;
  /** Buyers who were told that they have a unit. */
  readonly accepted: number;
  /** Orders in the log: also of buyers who hung up before they were told. */
  readonly sold: number;
  readonly oversold: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Refusals by code, repeats included. */
  readonly rejected: Readonly<Record<string, number>>;
  /** From a request's first byte to its 202; null when nothing was accepted. */
  readonly acceptMs: { readonly p50: number | null; readonly p99: number | null };
  /** As measured, by when orders were written. */
  readonly drainPerSecond: number;
  /** From the first request to the last written order. */
  readonly seconds: number;
}

export function summaryOf(report: SaleReport): SaleSummary {
  const { balance, receipts } = report;
  const { accepted, sold, oversold, lost, duplicates } = balance;
  return {
    buyers: report.options.buyers,
    requests: receipts.requests,
    accepted,
    sold,
    oversold,
    lost,
    duplicates,
    rejected: Object.fromEntries([...receipts.refused].sort()),
    acceptMs: { p50: milliseconds(receipts.acceptMs, 50), p99: milliseconds(receipts.acceptMs, 99) },
    // Downwards, so that a rate that was kept is not shown as passed.
    drainPerSecond: Math.floor(report.drainPerSecond * 10) / 10,
    seconds: Math.round(report.seconds * 100) / 100,
  };
}

function milliseconds(values: readonly number[], percent: number): number | null {
  const value = percentile(values, percent);
  return value === null ? null : Math.round(value * 10) / 10;
}
