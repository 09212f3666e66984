import type { ContestResult } from "./contest.ts";

/** The results as a table in Markdown, so that it can go into a document as it is. */
export function renderTable(results: readonly ContestResult[]): string {
  const peers = [...new Set(results.flatMap((result) => Object.keys(result.peers)))];
  const head = [
    "scenario",
    "payload",
    "unit",
    "tidegate",
    ...peers.flatMap((peer) => [peer, `tidegate : ${peer}`]),
  ];
  const rows = results.map((result) => [
    result.scenario,
    `${result.payloadBytes} B`,
    result.unit,
    formatNumber(result.tidegate),
    ...peers.flatMap((peer) => {
      const { rate = null, ratio = null } = result.peers[peer] ?? {};
      return [rate === null ? "-" : formatNumber(rate), ratio === null ? "-" : ratio.toPrecision(3)];
    }),
  ]);
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function formatNumber(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
