import { compareSides } from "./compare-sides.ts";
import { GrowingEngine } from "./growing-engine.ts";
import { growthFigure, growthScenario, roundsOf } from "./growth-scenario.ts";

/** Producing without keys and consuming, with one partition and with many. */
export const growthPartitions = growthScenario({
  name: "growth-partitions",
  figures: [
    growthFigure("produce without keys to 64 partitions : 1"),
    growthFigure("consume from 64 partitions : 1"),
  ],
  messages: { full: 400_000, quick: 200_000, tiny: 2_000 },
  configuration: "two systems in turn, each a Redis of its own",
  async measure({ messages: { count: each, payloadBytes }, pace, startRedis }) {
    const rounds = roundsOf[pace];
    const sides: GrowingEngine[] = [];
    for (const partitions of [1, 64]) {
      const count = each * (rounds + 1);
      sides.push(await GrowingEngine.open({ redis: await startRedis(), count, payloadBytes, partitions }));
    }
    const measured = sides.map((side) => ({
      measure: async () => [await side.append(each), await side.consume(each)],
    }));
    const ratios = await compareSides(measured[0]!, measured[1]!, rounds);
    for (const side of sides) await side.close();
    return ratios;
  },
});
