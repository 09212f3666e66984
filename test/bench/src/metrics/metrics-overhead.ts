import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { createMetrics } from "@tidegate/metrics";
import { compareSides } from "../growth/compare-sides.ts";
import { GrowingEngine } from "../growth/growing-engine.ts";
import { roundsOf } from "../growth/growth-scenario.ts";
import type { Bout, Figure, Pace, Scenario } from "../scenario.ts";
import { topic } from "../tidegate.ts";
import { type CountedServer, startCountedServer } from "./counted-server.ts";

const leastOfRate = 0.97;
const requestsARound: Readonly<Record<Pace, number>> = { full: 24_000, quick: 8_000, tiny: 200 };

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
    full: { messages: 150_000, rounds: 1, warmUp: 0 },
    quick: { messages: 100_000, rounds: 1, warmUp: 0 },
    tiny: { messages: 2_000, rounds: 1, warmUp: 0 },
  },
  tidegate: {
    name: "tidegate",
    share: 1,
    configuration:
      "4 partitions, one group; two systems in turn, each a Redis of its own; over HTTP two servers, the one scraped every second",
    measure: async (bout) => [...(await measureEngines(bout)), await measureServers(bout)],
  },
  peers: [],
};

async function measureEngines({ messages, pace, startRedis }: Bout): Promise<number[]> {
  const { count: each, payloadBytes } = messages;
  const rounds = roundsOf[pace];
  const open = async (redis: EmbeddedRedis, counted: boolean) => {
    const metrics = counted ? createMetrics({ process: false }) : null;
    return GrowingEngine.open({
      ...{ redis, count: each * (rounds + 1), payloadBytes },
      meter: metrics?.meter,
      onWorker: (worker, group) => metrics?.watchWorker(worker, { topic, group }),
    });
  };
  const sides = [await open(await startRedis(), false), await open(await startRedis(), true)];
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
    for (const counted of [false, true]) servers.push(await startCountedServer(await startRedis(), counted));
    const sides = servers.map((server) => ({
      measure: async () => [1 / (await server.publish(requestsARound[pace], messages.payloadBytes))],
    }));
    const [cost] = await compareSides(sides[0]!, sides[1]!, roundsOf[pace]);
    return 1 / cost!;
  } finally {
    for (const server of servers) await server.stop();
  }
}
