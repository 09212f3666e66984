import type { BenchOptions } from "./bench-options.ts";
import { type ContestResult, holdContest } from "./contest.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { scenarios } from "./scenarios.ts";
import { renderTable } from "./table.ts";

/** The JSON line. */
export interface Report {
  readonly machine: Machine;
  readonly rows: readonly ReportRow[];
}

export interface ReportRow {
  readonly scenario: string;
  readonly payloadBytes: number;
  readonly unit: string;
  readonly tidegate: number;
  /** Null for one that this machine lacks the program for. */
  readonly peers: Readonly<Record<string, number | null>>;
}

/** Measures what the options ask for and prints it; with `json`, the last line is a `Report`. */
export async function runBench(options: BenchOptions, print: (text: string) => void): Promise<void> {
  const machine = await describeMachine();
  const gibibytes = Math.round(machine.memoryBytes / 1024 ** 3);
  print(
    `${machine.cpus} cores of ${machine.cpuModel}, ${gibibytes} GiB; Node ${machine.node}, ${machine.redis} with AOF everysec`,
  );
  const results: ContestResult[] = [];
  for (const name of options.scenarios) {
    const scenario = scenarios.find((one) => one.name === name)!;
    for (const contestant of [scenario.tidegate, ...scenario.peers]) {
      print(`${name}, ${contestant.name}: ${contestant.configuration}`);
    }
    for (const payloadBytes of options.payloadBytes) {
      results.push(await holdContest(scenario, payloadBytes, options));
    }
  }
  print(`\n${renderTable(results)}\n`);
  const rounds = Math.min(...results.map((result) => result.rounds));
  print(`Medians of ${rounds} rounds or more; a ratio is the median of those within a round.`);
  if (options.json) print(JSON.stringify({ machine, rows: results.map(toRow) } satisfies Report));
}

function toRow({ scenario, payloadBytes, unit, tidegate, peers }: ContestResult): ReportRow {
  const rates = Object.entries(peers).map(
    ([name, { rate }]) => [name, rate === null ? null : Math.round(rate)] as const,
  );
  return {
    scenario,
    payloadBytes,
    unit,
    tidegate: Math.round(tidegate),
    peers: Object.fromEntries(rates),
  };
}
