import { median } from "../median.ts";

/** One of two systems of different size, both alive; measures itself when asked. */
export interface Side {
  /** Does some work and returns the time it took a message, one number for each figure. */
  measure(round: number): Promise<readonly number[]>;
}

/**
 * How much more a message costs on the large side than on the small one: 1 when size does not matter. They take
 * turns, and turns about who is first, so that what drifts cancels out; medians of the ratios within a round. The
 * first round does not count.
 */
export async function compareSides(small: Side, large: Side, rounds: number): Promise<number[]> {
  const ratios: number[][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    let cheap: readonly number[];
    let dear: readonly number[];
    if (round % 2 === 0) {
      cheap = await small.measure(round);
      dear = await large.measure(round);
    } else {
      dear = await large.measure(round);
      cheap = await small.measure(round);
    }
    if (round > 0) ratios.push(dear.map((cost, figure) => cost / cheap[figure]!));
  }
  return ratios[0]!.map((_, figure) => median(ratios.map((ratio) => ratio[figure]!)));
}
