/** The most of these moments, which are in order, that lie within any window of so many ms. */
export function mostWithin(moments: readonly number[], windowMs: number): number {
  let first = 0;
  let most = 0;
  for (const [last, moment] of moments.entries()) {
    while (moment - moments[first]! >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
