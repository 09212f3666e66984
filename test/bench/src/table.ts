import type { ContestResult } from "./contest.ts";

/** The results as a table in Markdown, so that it can go into a document as it is. */
export function renderTable(results: readonly ContestResult[]): string {
  const peers = [...new Set(results.flatMap((result) => Object.keys(result.peers)))];
  const head = ["scenario", "payload", "unit", "tidegate", ...peers];
  const rows = results.map(({ scenario, payloadBytes, figure, tidegate, peers: others }) => [
    scenario,
    `${payloadBytes} B`,
    figure.unit,
    `**${formatNumber(tidegate, figure.digits)}**`,
    ...peers.map((peer) => {
      const { value = null, ratio = null } = others[peer] ?? {};
      return value === null ? "-" : `${formatNumber(value, figure.digits)} (${formatRatio(ratio!)})`;
    }),
  ]);
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function formatNumber(value: number, digits = 0): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function formatRatio(ratio: number): string {
  return `×${ratio >= 100 ? Math.round(ratio) : ratio.toPrecision(2)}`;
}
