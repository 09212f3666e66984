import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChaosOptions } from "./chaos-options.ts";
import { type EpisodeResult, runEpisode } from "./episode.ts";

const episodeMs = 20_000;

/** What a whole run came to. */
export interface ChaosReport {
  readonly seed: string;
  readonly episodes: number;
  readonly seconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly messages: number;
  readonly deliveries: number;
  readonly allowedLosses: Readonly<Record<string, number>>;
  readonly findings: readonly {
    readonly episode: string;
    readonly anomaly: string;
    readonly detail: string;
  }[];
}

/** Runs episodes on stages in turn until the time is over. */
export async function runChaos(
  options: ChaosOptions,
  print: (line: string) => void,
  signal?: AbortSignal,
): Promise<ChaosReport> {
  const startedAt = performance.now();
  const endsAt = startedAt + options.minutes * 60_000;
  const root = mkdtempSync(join(tmpdir(), "tidegate-chaos-"));
  const total = { faults: {} as Record<string, number>, allowedLosses: {} as Record<string, number> };
  const findings: { episode: string; anomaly: string; detail: string }[] = [];
  let [episodes, messages, deliveries] = [0, 0, 0];
  print(`seed ${options.seed}`);
  while (performance.now() < endsAt && !signal?.aborted) {
    const stage = options.stages[episodes % options.stages.length]!;
    const seed = `${options.seed}/${episodes}`;
    const folder = join(root, `${episodes}-${stage}`);
    const lengthMs = Math.max(3000, Math.min(episodeMs, endsAt - performance.now() - 5000));
    let result: EpisodeResult;
    try {
      const { only } = options;
      result = await runEpisode({ seed, stage, lengthMs, only, folder, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (signal?.aborted) break;
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      result = {
        faults: {},
        messages: 0,
        deliveries: 0,
        allowedLosses: {},
        findings: [{ anomaly: "failed", detail }],
      };
    }
    episodes += 1;
    messages += result.messages;
    deliveries += result.deliveries;
    add(total.faults, result.faults);
    add(total.allowedLosses, result.allowedLosses);
    const count = Object.values(result.faults).reduce((sum, one) => sum + one, 0);
    const at = ((performance.now() - startedAt) / 1000).toFixed(0);
    print(
      `${at.padStart(5)} s  ${stage.padEnd(8)}  ${count} faults, ${result.messages} messages, ${result.findings.length} findings`,
    );
    for (const finding of result.findings.slice(0, 10))
      print(`         ${finding.anomaly}: ${finding.detail}`);
    for (const finding of result.findings) findings.push({ episode: `${episodes - 1}-${stage}`, ...finding });
    if (result.findings.length > 0) {
      writeFileSync(join(folder, "findings.json"), JSON.stringify(result.findings, null, 1));
      print(`         the history is in ${folder}`);
    } else if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
  if (findings.length === 0 && !options.keep) rmSync(root, { recursive: true, force: true });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  return { seed: options.seed, episodes, seconds, messages, deliveries, findings, ...total };
}

function add(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
}

/** The report as lines of text. */
export function formatReport(report: ChaosReport): string {
  const count = Object.values(report.faults).reduce((sum, one) => sum + one, 0);
  const faults = Object.entries(report.faults).sort(([, one], [, other]) => other - one);
  const losses = Object.entries(report.allowedLosses).map(([level, lost]) => `${lost} at acks ${level}`);
  return [
    "",
    `seed ${report.seed}: ${report.episodes} episodes in ${report.seconds} s`,
    `${count} faults: ${faults.map(([kind, times]) => `${kind} ${times}`).join(", ")}`,
    `${report.messages} messages in the logs, ${report.deliveries} deliveries`,
    `acknowledged writes lost where the configuration lets them go: ${losses.join(", ") || "none"}`,
    `${report.findings.length} findings`,
  ].join("\n");
}
