import { MessageSet } from "../message-set.ts";
import { startStopwatch } from "../stopwatch.ts";
import { compareSides } from "./compare-sides.ts";
import { GrowingEngine } from "./growing-engine.ts";
import { growthFigure, growthScenario, roundsOf } from "./growth-scenario.ts";

/** Which part of the number of delayed messages is produced and consumed a round. */
const step = 1 / 10;

/** Producing and consuming beside messages that wait for their time, made by publishes as any other. */
export const growthDelayed = growthScenario({
  name: "growth-delayed",
  figures: [
    { unit: "messages/s published with a delay, up to 1 million" },
    growthFigure("produce beside 1 million delayed : none"),
    growthFigure("consume beside 1 million delayed : none"),
  ],
  messages: { full: 1_000_000, quick: 200_000, tiny: 2_000 },
  configuration: "4 partitions; two systems in turn, each a Redis of its own; delays of one to two hours",
  async measure({ messages: { count, payloadBytes }, pace, startRedis }) {
    const rounds = roundsOf[pace];
    const each = Math.floor(count * step);
    const sides: GrowingEngine[] = [];
    for (let side = 0; side < 2; side += 1) {
      const total = each * (rounds + 1);
      sides.push(await GrowingEngine.open({ redis: await startRedis(), count: total, payloadBytes }));
    }
    const rateOf = startStopwatch();
    await sides[1]!.appendDelayed(new MessageSet(count, payloadBytes));
    const rate = rateOf(count);
    const measured = sides.map((side) => ({
      measure: async () => [await side.append(each), await side.consume(each)],
    }));
    const ratios = await compareSides(measured[0]!, measured[1]!, rounds);
    for (const side of sides) await side.close();
    return [rate, ...ratios];
  },
});
