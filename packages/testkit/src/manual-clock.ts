/** A clock that moves only when told to. */
export interface ManualClock {
  /** Milliseconds since the epoch. */
  now(): number;
  advance(ms: number): void;
}

export function manualClock(startAt = 1_700_000_000_000): ManualClock {
  let at = startAt;
  return {
    now: () => at,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`a clock goes forward, not by ${ms} ms`);
      at += ms;
    },
  };
}
