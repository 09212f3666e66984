/**
 * Orders per second over the drain. From the first transaction to the last, without the orders of the last, since what they
 * cost comes after it. When there was one transaction only, the orders of that second.
 *
 * `writtenAt`: of each order, in milliseconds; those of one transaction have the same.
 */
export function drainRate(writtenAt: readonly number[]): number {
  if (writtenAt.length === 0) return 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const at of writtenAt) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  if (first === last) return writtenAt.length;
  const before = writtenAt.filter((at) => at < last).length;
  return (before * 1000) / (last - first);
}
