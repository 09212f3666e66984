/** Returns a function that tells how many units a second so many have been since. */
export function startStopwatch(): (units: number) => number {
  const startedAt = performance.now();
  return (units) => (units * 1000) / (performance.now() - startedAt);
}
