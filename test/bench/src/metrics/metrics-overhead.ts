import { createMetrics } from "@tidegate/metrics";
import { compareSides } from "../growth/compare-sides.ts";
import { GrowingEngine } from "../growth/growing-engine.ts";
import type { Bout, Figure, Pace, Scenario } from "../scenario.ts";
import { topic } from "../tidegate.ts";
import { type CountedServer, startCountedServer } from "./counted-server.ts";

const leastOfRate = 0.97;
const requestsARound: Readonly<Record<Pace, number>> = { full: 4_000, quick: 4_000, tiny: 200 };
/** Many and short ones: what is looked for is smaller than what disturbs one of them. Two hundred tell it to one or two percent. */
const roundsOf: Readonly<Record<Pace, number>> = { full: 200, quick: 40, tiny: 1 };
const serverRoundsOf: Readonly<Record<Pace, number>> = { full: 80, quick: 12, tiny: 1 };

const figureOf = (what: string): Figure => ({
  unit: `times the rate without metrics: ${what}`,
  digits: 3,
  goals: [{ atLeast: leastOfRate }],
});

/** What metrics cost: the same work with them and without, in turn. */
export const metricsOverhead: Scenario = {
  name: "metrics",
  figures: [figureOf("produce"), figureOf("consume"), figureOf("publish over HTTP")],
  payloadBytes: [128],
  efforts: {
    full: { messages: 25_000, rounds: 1, warmUp: 0 },
    quick: { messages: 25_000, rounds: 1, warmUp: 0 },
    tiny: { messages: 2_000, rounds: 1, warmUp: 0 },
  },
  tidegate: {
    name: "tidegate",
    share: 1,
    configuration:
      "4 partitions, one group; two engines on one Redis in turn; over HTTP two servers, the one scraped every second",
    measure: async (bout) => [...(await measureEngines(bout)), await measureServers(bout)],
  },
  peers: [],
};

async function measureEngines({ messages, pace, startRedis }: Bout): Promise<number[]> {
  const { count: each, payloadBytes } = messages;
  const rounds = roundsOf[pace];
  const redis = await startRedis();
  const open = async (counted: boolean) => {
    const metrics = counted ? createMetrics({ process: false }) : null;
    return GrowingEngine.open({
      ...{ redis, count: each * (rounds + 1), payloadBytes, namespace: counted ? "counted" : "uncounted" },
      meter: metrics?.meter,
      onWorker: (worker, group) => metrics?.watchWorker(worker, { topic, group }),
    });
  };
  const sides = [await open(false), await open(true)];
  const measured = sides.map((side) => ({
    measure: async () => [await side.append(each), await side.consume(each)],
  }));
  const costs = await compareSides(measured[0]!, measured[1]!, rounds);
  for (const side of sides) await side.close();
  return costs.map((cost) => 1 / cost);
}

async function measureServers({ messages, pace, startRedis }: Bout): Promise<number> {
  const servers: CountedServer[] = [];
  try {
    const redis = await startRedis();
    for (const counted of [false, true]) servers.push(await startCountedServer(redis, counted));
    const sides = servers.map((server) => ({
      measure: async () => [1 / (await server.publish(requestsARound[pace], messages.payloadBytes))],
    }));
    const [cost] = await compareSides(sides[0]!, sides[1]!, serverRoundsOf[pace]);
    return 1 / cost!;
  } finally {
    for (const server of servers) await server.stop();
  }
}
