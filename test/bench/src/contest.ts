import { type EmbeddedRedis, startEmbeddedRedis } from "@tidegate/embedded-redis";
import { median } from "./median.ts";
import { MessageSet } from "./message-set.ts";
import type { PeerServers } from "./peers/peer-servers.ts";
import type { Contestant, Figure, Pace, Scenario } from "./scenario.ts";

/** What came of a peer. */
export interface PeerResult {
  /** Median of the rounds; null when it could not run here. */
  readonly value: number | null;
  /** Median over the rounds of Tidegate's figure to the peer's in the same round. */
  readonly ratio: number | null;
}

/** What came of one figure of a scenario with one size of payload. */
export interface ContestResult {
  readonly scenario: string;
  readonly payloadBytes: number;
  readonly figure: Figure;
  readonly rounds: number;
  readonly tidegate: number;
  readonly peers: Readonly<Record<string, PeerResult>>;
}

/** On a busy machine rounds take long; after so many ms no further one begins. */
const longestMs: Readonly<Record<Pace, number>> = { full: 25_000, quick: 6_000, tiny: 0 };

/** With fewer messages a measurement would be of its beginning only, and of what is sent ahead. */
const leastMessages = 5_000;

type Measured = readonly number[] | null;

/**
 * Lets Tidegate and its peers do a scenario in turn, round after round, each time on a fresh Redis: what disturbs the
 * machine for a while disturbs all alike. A first round, with fewer messages, warms up and does not count.
 */
export async function holdContest(
  scenario: Scenario,
  payloadBytes: number,
  pace: Pace,
  servers: PeerServers,
): Promise<ContestResult[]> {
  const { messages, bytes = Number.POSITIVE_INFINITY, rounds, warmUp = 1 / 4 } = scenario.efforts[pace];
  const count = Math.min(messages, Math.floor(bytes / payloadBytes));
  const contestants = [scenario.tidegate, ...scenario.peers];
  const measure = (contestant: Contestant, part: number) =>
    measureOnce(contestant, shareOf(contestant, count * part), payloadBytes, pace, servers);
  if (warmUp > 0) for (const contestant of contestants) await measure(contestant, warmUp);
  const measured = contestants.map((): Measured[] => []);
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0 && performance.now() - startedAt > longestMs[pace]) break;
    for (const [index, contestant] of contestants.entries()) {
      measured[index]!.push(await measure(contestant, 1));
    }
  }
  const [own, ...others] = measured as [number[][], ...Measured[][]];
  return scenario.figures.map((figure, index) => {
    const values = own.map((round) => round[index]!);
    const peers = scenario.peers.map(
      ({ name }, peer) =>
        [
          name,
          compare(
            values,
            others[peer]!.map((round) => round?.[index] ?? null),
          ),
        ] as const,
    );
    return {
      scenario: scenario.name,
      payloadBytes,
      figure,
      rounds: own.length,
      tidegate: median(values),
      peers: Object.fromEntries(peers),
    };
  });
}

function shareOf({ share }: Contestant, count: number): number {
  return Math.ceil(Math.max(count * share, Math.min(count, leastMessages)));
}

function compare(own: readonly number[], values: readonly (number | null)[]): PeerResult {
  const known = values.filter((value) => value !== null);
  if (known.length < values.length) return { value: null, ratio: null };
  return { value: median(known), ratio: median(known.map((value, round) => own[round]! / value)) };
}

async function measureOnce(
  contestant: Contestant,
  count: number,
  payloadBytes: number,
  pace: Pace,
  peers: PeerServers,
): Promise<Measured> {
  const messages = new MessageSet(Math.max(1, count), payloadBytes);
  const started: EmbeddedRedis[] = [];
  const startRedis = async () => {
    // A rewrite would fall into one contestant's time and not into another's.
    const redis = await startEmbeddedRedis({
      appendonly: "everysec",
      config: ["auto-aof-rewrite-percentage 0"],
    });
    started.push(redis);
    return redis;
  };
  try {
    return await contestant.measure({ messages, pace, peers, startRedis });
  } finally {
    for (const redis of started) await redis.stop();
  }
}
