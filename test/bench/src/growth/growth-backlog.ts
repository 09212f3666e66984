import { compareSides } from "./compare-sides.ts";
import { GrowingEngine } from "./growing-engine.ts";
import { growthFigure, growthScenario, roundsOf } from "./growth-scenario.ts";

/** A backlog this many times as large. */
const growth = 100;
/** Which part of the large backlog is produced and consumed a round. */
const step = 1 / 10;

/** Producing and consuming in front of a backlog that stays. */
export const growthBacklog = growthScenario({
  name: "growth-backlog",
  figures: [
    growthFigure("produce at a backlog of 1 million : 10 thousand"),
    growthFigure("consume at a backlog of 1 million : 10 thousand"),
  ],
  messages: { full: 1_000_000, quick: 1_000_000, tiny: 2_000 },
  configuration: "4 partitions; two systems in turn, each a Redis of its own",
  async measure({ messages: { count, payloadBytes }, pace, startRedis }) {
    const rounds = roundsOf[pace];
    const each = Math.floor(count * step);
    const sides: GrowingEngine[] = [];
    for (const backlog of [count / growth, count]) {
      const total = backlog + each * (rounds + 1);
      const side = await GrowingEngine.open({ redis: await startRedis(), count: total, payloadBytes });
      await side.append(backlog);
      sides.push(side);
    }
    const measured = sides.map((side) => ({
      measure: async () => [await side.append(each), await side.consume(each)],
    }));
    const ratios = await compareSides(measured[0]!, measured[1]!, rounds);
    for (const side of sides) await side.close();
    return ratios;
  },
});
