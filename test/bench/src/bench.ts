import type { BenchOptions } from "./bench-options.ts";
import { type ContestResult, holdContest } from "./contest.ts";
import { missedGoals } from "./goals.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { installPeers } from "./peers/install-peers.ts";
import { PeerServers } from "./peers/peer-servers.ts";
import type { Scenario } from "./scenario.ts";
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

/** Where the bench writes: its results, and what it is doing meanwhile. */
export interface Output {
  print(text: string): void;
  tell(text: string): void;
}

/**
 * Measures what the options ask for and prints it; with `json`, the last line is a `Report`. A scenario that fails, for
 * instance since a message was lost, is told and left out. Returns whether none did.
 */
export async function runBench(options: BenchOptions, { print, tell }: Output): Promise<boolean> {
  if (options.installPeers) await installPeers(tell);
  const chosen = options.scenarios.map((name) => scenarios.find((one) => one.name === name)!);
  const servers = new PeerServers();
  try {
    const names = chosen.flatMap(({ peers }) => peers.map((peer) => peer.name));
    for (const name of ["rabbitmq", "nats"] as const) if (names.includes(name)) await servers.start(name);
    const machine = await describeMachine(servers);
    tell(describe(machine));
    const results: ContestResult[] = [];
    let whole = true;
    for (const scenario of chosen) {
      for (const { name, configuration } of [scenario.tidegate, ...scenario.peers])
        tell(`${scenario.name}, ${name}: ${configuration}`);
      try {
        results.push(...(await runScenario(scenario, options, servers, tell)));
      } catch (error) {
        whole = false;
        tell(`${scenario.name} FAILED: ${error instanceof Error ? error.message : error}`);
      }
    }
    printResults(machine, results, print);
    if (options.json) print(JSON.stringify({ machine, rows: results.map(toRow) } satisfies Report));
    return whole;
  } finally {
    await servers.stop();
  }
}

async function runScenario(
  scenario: Scenario,
  { payloadBytes, pace }: BenchOptions,
  servers: PeerServers,
  tell: (text: string) => void,
): Promise<ContestResult[]> {
  const results: ContestResult[] = [];
  for (const bytes of payloadBytes ?? scenario.payloadBytes) {
    const startedAt = performance.now();
    results.push(...(await holdContest(scenario, bytes, pace, servers)));
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    tell(`${scenario.name}, ${bytes} B: ${seconds} s`);
  }
  return results;
}

function printResults(
  machine: Machine,
  results: readonly ContestResult[],
  print: (text: string) => void,
): void {
  const rounds = Math.min(...results.map((result) => result.rounds));
  const missed = results.flatMap(missedGoals);
  print(`\n${describe(machine)}\n`);
  print(`${renderTable(results)}\n`);
  print(
    `Medians of ${rounds} rounds or more; in parentheses how Tidegate's figure compares: the median of the ratios within a round.`,
  );
  if (missed.length > 0) print(`\nNot reached:\n\n${missed.map((line) => `- ${line}`).join("\n")}`);
}

function describe({ cpus, cpuModel, memoryBytes, node, redis, rabbitmq, nats }: Machine): string {
  const gibibytes = Math.round(memoryBytes / 1024 ** 3);
  const brokers = [rabbitmq && `RabbitMQ ${rabbitmq}`, nats && `NATS ${nats}`].filter(Boolean);
  const software = [`Node ${node}`, `${redis} with AOF everysec`, ...brokers].join(", ");
  return `${cpus} cores of ${cpuModel}, ${gibibytes} GiB; ${software}`;
}

function toRow({ scenario, payloadBytes, figure, tidegate, peers }: ContestResult): ReportRow {
  const { unit, digits = 0 } = figure;
  const round = (value: number) => Number(value.toFixed(digits));
  const values = Object.entries(peers).map(
    ([name, { value }]) => [name, value === null ? null : round(value)] as const,
  );
  return { scenario, payloadBytes, unit, tidegate: round(tidegate), peers: Object.fromEntries(values) };
}
