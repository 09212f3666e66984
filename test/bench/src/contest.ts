import { startEmbeddedRedis } from "@tidegate/embedded-redis";
import type { BenchOptions } from "./bench-options.ts";
import { median } from "./median.ts";
import { MessageSet } from "./message-set.ts";
import type { Contestant, Scenario } from "./scenario.ts";

/** What came of a peer. */
export interface PeerResult {
  /** Median of the rounds; null when it could not run here. */
  readonly rate: number | null;
  /** Median over the rounds of Tidegate's rate to the peer's in the same round. */
  readonly ratio: number | null;
}

/** What came of a scenario with one size of payload. */
export interface ContestResult {
  readonly scenario: string;
  readonly payloadBytes: number;
  readonly unit: string;
  readonly rounds: number;
  readonly tidegate: number;
  readonly peers: Readonly<Record<string, PeerResult>>;
}

/**
 * Lets Tidegate and its peers do a scenario in turn, round after round, each time on a fresh Redis: what disturbs the
 * machine for a while disturbs all alike. A first round, with fewer messages, warms up and does not count.
 */
export async function holdContest(
  scenario: Scenario,
  payloadBytes: number,
  options: BenchOptions,
): Promise<ContestResult> {
  const count = Math.min(options.messages, Math.floor(options.bytes / payloadBytes));
  const contestants = [scenario.tidegate, ...scenario.peers];
  for (const contestant of contestants) await measureOnce(contestant, Math.ceil(count / 4), payloadBytes);
  const rates = contestants.map((): (number | null)[] => []);
  const startedAt = performance.now();
  for (let round = 0; round < options.rounds; round += 1) {
    if (round > 0 && performance.now() - startedAt > options.contestMs) break;
    for (const [index, contestant] of contestants.entries()) {
      rates[index]!.push(await measureOnce(contestant, count, payloadBytes));
    }
  }
  const [own, ...others] = rates as [number[], ...(number | null)[][]];
  const peers = scenario.peers.map(({ name }, index) => [name, compare(own, others[index]!)] as const);
  return {
    scenario: scenario.name,
    payloadBytes,
    unit: scenario.unit,
    rounds: own.length,
    tidegate: median(own),
    peers: Object.fromEntries(peers),
  };
}

function compare(own: readonly number[], rates: readonly (number | null)[]): PeerResult {
  const known = rates.filter((rate) => rate !== null);
  if (known.length < rates.length) return { rate: null, ratio: null };
  return { rate: median(known), ratio: median(known.map((rate, round) => own[round]! / rate)) };
}

async function measureOnce(
  contestant: Contestant,
  count: number,
  payloadBytes: number,
): Promise<number | null> {
  const messages = new MessageSet(Math.max(1, Math.floor(count * contestant.share)), payloadBytes);
  const redis = await startEmbeddedRedis({
    appendonly: "everysec",
    // A rewrite would fall into one contestant's time and not into another's.
    config: ["auto-aof-rewrite-percentage 0"],
  });
  try {
    return await contestant.measure({ redis, messages });
  } finally {
    await redis.stop();
  }
}
