/** Milliseconds of the machine's monotonic clock: the same in all processes, whatever their dates. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
