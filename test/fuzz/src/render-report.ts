import type { FuzzReport } from "./fuzz.ts";
import type { FuzzOptions } from "./fuzz-options.ts";
import type { RecordedFinding } from "./ledger.ts";
import { memoryBounds } from "./memory-trend.ts";
import { asCommand } from "./reproduction.ts";

const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

/** The report of a run as text. */
export function renderReport({ ledger, topics, samples, trend }: FuzzReport, options: FuzzOptions): string {
  const lines = ["| operation | asked | succeeded |", "|---|--:|--:|"];
  for (const [name, { asked, succeeded }] of ledger.operations)
    lines.push(`| ${name} | ${asked} | ${succeeded} |`);
  const answers = [...ledger.answers].sort(([, one], [, other]) => other - one);
  lines.push("", answers.map(([outcome, times]) => `${outcome}: ${times}`).join(", "), "");
  lines.push(
    `${ledger.requests} requests with seed ${options.seed}, the slowest answer after ${Math.round(ledger.slowestMs)} ms; ${topics} topics recounted`,
  );
  for (const [outcome, { request, tookMs, session }] of ledger.failures)
    lines.push(
      `${outcome} first in session ${session}, after ${Math.round(tookMs)} ms: ${asCommand(request)}`,
    );
  const [first, last] = [samples[Math.ceil(samples.length / 4)], samples.at(-1)];
  if (trend !== null) {
    lines.push(
      `heap after a garbage collection ${mebibytes(first!.heap)} -> ${mebibytes(last!.heap)} MiB: ${trend.heapPerRequest.toFixed(1)} bytes a request, at most ${memoryBounds.heapPerRequest}`,
      `resident memory ${mebibytes(first!.rss)} -> ${mebibytes(last!.rss)} MiB: at most ${mebibytes(memoryBounds.rssGain)} MiB more`,
    );
  }
  lines.push(`${ledger.findings.size} findings`);
  for (const found of ledger.findings.values()) lines.push("", renderFinding(found, options));
  return lines.join("\n");
}

function renderFinding(
  { kind, detail, request, session, times, minimal }: RecordedFinding,
  { seed }: FuzzOptions,
): string {
  const lines = [`${kind} (${times} times)`, `  ${detail}`];
  if (request !== null) lines.push(`  ${asCommand(request)}`);
  if (request !== null && !minimal) lines.push("  It needs what its session did before:");
  if (session !== null) lines.push(`  npm run fuzz -- --seed ${seed} --session ${session}`);
  return lines.join("\n");
}
