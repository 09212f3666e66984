import { setTimeout as delay } from "node:timers/promises";

/** Items leave in so many steps a second. */
const stepsPerSecond = 20;

/** Holds items to at most so many a second, without a burst after a pause of the source. Undefined: to none. */
export async function* paced<Item>(
  source: AsyncIterable<Item[]>,
  rate: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Item[], void, undefined> {
  if (rate === undefined) return yield* source;
  const step = Math.max(1, Math.round(rate / stepsPerSecond));
  let dueAt = performance.now();
  for await (const items of source)
    for (let from = 0; from < items.length; from += step) {
      const part = items.slice(from, from + step);
      const now = performance.now();
      if (dueAt > now) await delay(dueAt - now, undefined, { signal });
      dueAt = Math.max(dueAt, now) + (part.length * 1000) / rate;
      yield part;
    }
}
