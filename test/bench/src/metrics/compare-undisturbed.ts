import type { Side } from "../growth/compare-sides.ts";

/**
 * The first side's cost as a multiple of the second's, for each figure: they take turns, and turns about who is first, and of each the
 * rounds count that were disturbed least, those about the lower quartile. What else runs on a machine makes rounds dearer and never
 * cheaper, and by far more than the few percent that are looked for. The first round does not count.
 */
export async function compareUndisturbed(one: Side, other: Side, rounds: number): Promise<number[]> {
  const sides = [one, other] as const;
  const costs: number[][][] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    for (const turn of [round % 2, (round + 1) % 2]) {
      const cost = await sides[turn]!.measure(round);
      if (round > 0) costs[turn]!.push([...cost]);
    }
  }
  const figures = costs[0]![0]!.length;
  return Array.from({ length: figures }, (_, figure) => {
    const [first, second] = costs.map((side) => lowerQuartile(side.map((cost) => cost[figure]!)));
    return first! / second!;
  });
}

/** The mean of the fifth of the values that lies about the lower quartile. */
function lowerQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const from = Math.floor(sorted.length * 0.15);
  const middle = sorted.slice(from, Math.max(from + 1, Math.ceil(sorted.length * 0.35)));
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
