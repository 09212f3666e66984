import { burstOf } from "../open-sale.ts";
import type { SaleReport } from "./sale-report.ts";
import { summaryOf } from "./summary.ts";

/** The report for people: a table, and whether the books balance. */
export function table(report: SaleReport): string {
  const summary = summaryOf(report);
  const { receipts, balance } = report;
  const { p50, p99 } = summary.acceptMs;
  const rows: [string, string, string?][] = [
    ["buyers", count(summary.buyers)],
    [
      "requests",
      count(summary.requests),
      `${count(report.stormSeconds, 1)} s, ${count(summary.requests / report.stormSeconds)}/s`,
    ],
    ["hung up", count(receipts.hungUp), "without waiting for the answer"],
    ["accepted", count(summary.accepted), "buyers who were told so"],
    ["sold", count(summary.sold), `of ${count(report.options.stock)}`],
    ...Object.entries(summary.rejected).map(([code, times]): [string, string] => [
      `rejected ${code}`,
      count(times),
    ]),
    ["accept p50", p50 === null ? "-" : `${count(p50, 1)} ms`],
    ["accept p99", p99 === null ? "-" : `${count(p99, 1)} ms`],
    ["drain rate", `${count(summary.drainPerSecond, 1)}/s`, paceOf(report.options)],
    ["oversold", count(summary.oversold)],
    ["lost", count(summary.lost)],
    ["duplicates", count(summary.duplicates)],
    ["seconds", count(summary.seconds, 1), "from the first request to the last written order"],
  ];
  const verdict =
    balance.findings.length === 0
      ? "The books balance."
      : `The books do not balance:\n${balance.findings
          .slice(0, 20)
          .map((text) => `  - ${text}`)
          .join("\n")}`;
  return `${layOut(rows)}\n\n${verdict}`;
}

function layOut(rows: readonly (readonly [string, string, string?])[]): string {
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  const [first, second] = [width(0), width(1)];
  return rows
    .map(([name, value, note = ""]) => `${name.padEnd(first)}  ${value.padStart(second)}  ${note}`.trimEnd())
    .join("\n");
}

function count(value: number, digits = 0): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A function is called at a rate that allows a burst; the worker's own pace has none. */
function paceOf({ push, drainPerSecond }: SaleReport["options"]): string {
  const burst = push ? `, and ${count(burstOf(drainPerSecond))} at once` : "";
  return `at most ${count(drainPerSecond)}/s${burst}`;
}
