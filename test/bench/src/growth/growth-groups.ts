import { compareSides } from "./compare-sides.ts";
import { GrowingEngine } from "./growing-engine.ts";
import { growthFigure, growthScenario, roundsOf } from "./growth-scenario.ts";

/** Producing to and consuming from a topic with one group and with many. */
export const growthGroups = growthScenario({
  name: "growth-groups",
  figures: [
    growthFigure("produce to a topic with 16 groups : 1"),
    growthFigure("consume as each of 16 groups : 1"),
  ],
  messages: { full: 100_000, quick: 50_000, tiny: 2_000 },
  configuration:
    "4 partitions; two systems in turn, each a Redis of its own; the groups read one after the other",
  async measure({ messages: { count: each, payloadBytes }, pace, startRedis }) {
    const rounds = roundsOf[pace];
    const sides: GrowingEngine[] = [];
    for (const groups of [1, 16]) {
      const count = each * (rounds + 1);
      sides.push(await GrowingEngine.open({ redis: await startRedis(), count, payloadBytes, groups }));
    }
    const measured = sides.map((side) => ({
      measure: async () => [await side.append(each), await side.consume(each)],
    }));
    const ratios = await compareSides(measured[0]!, measured[1]!, rounds);
    for (const side of sides) await side.close();
    return ratios;
  },
});
