import type { Engine } from "@tidegate/core";
import { compareSides } from "../growth/compare-sides.ts";
import { growthFigure, growthScenario, roundsOf } from "../growth/growth-scenario.ts";
import { sendInFlight } from "../in-flight.ts";
import type { Pace } from "../scenario.ts";
import { type OpenEngine, openEngine, topic } from "../tidegate.ts";

const fewVisitors = 100;
const joinsInFlight = 64;
const pollsARound: Readonly<Record<Pace, number>> = { full: 3_000, quick: 1_000, tiny: 50 };

/** A waiting line that has started: how fast it is joined, and what a poll costs with many in it and with few. */
export const line = growthScenario({
  name: "line",
  figures: [{ unit: "joins/s" }, growthFigure("poll a line of as many visitors : 100")],
  messages: { full: 100_000, quick: 100_000, tiny: 200 },
  configuration: `one partition, ${joinsInFlight} joins in flight; polls one after the other, on two systems in turn, each a Redis of its own`,
  async measure({ messages: { count }, pace, startRedis }) {
    const open: OpenEngine[] = [];
    let joinsPerSecond = 0;
    for (const visitors of [fewVisitors, count]) {
      const side = await openEngine(await startRedis(), { partitions: 1 });
      open.push(side);
      joinsPerSecond = await fillLine(side.engine, visitors);
    }
    const polls = pollsARound[pace];
    const sides = open.map(({ engine }) => ({ measure: async () => [await pollMicros(engine, polls)] }));
    const ratios = await compareSides(sides[0]!, sides[1]!, roundsOf[pace]);
    for (const side of open) await side.close();
    return [joinsPerSecond, ...ratios];
  },
});

/** Lets so many join, then starts the line; returns how many joined in a second. Throws unless all have. */
async function fillLine(engine: Engine, visitors: number): Promise<number> {
  await engine.topics.put(topic, { gate: { id: "bench", stock: 1_000_000 } });
  await engine.groups.put(topic, "orders", {});
  const settings = { id: "bench", ordersGroup: "orders", maxLag: 50, joinsPerSecond: 1_000_000 };
  await engine.lines.put(topic, { ...settings, opensAt: 0, startsAt: Date.now() + 3_600_000 });
  const startedAt = performance.now();
  await sendInFlight(visitors, 1, joinsInFlight, async () => void (await engine.lines.join(topic)));
  const seconds = (performance.now() - startedAt) / 1000;
  await engine.lines.put(topic, { ...settings, startsAt: Date.now() });
  const { view } = await engine.lines.advance(topic);
  if (view.shuffled !== visitors) throw new Error(`of ${visitors} visitors ${view.shuffled} are in the line`);
  return visitors / seconds;
}

/** The time that a poll takes, in µs. */
async function pollMicros(engine: Engine, polls: number): Promise<number> {
  const startedAt = performance.now();
  for (let poll = 0; poll < polls; poll += 1) await engine.lines.standing(topic);
  return ((performance.now() - startedAt) * 1000) / polls;
}
