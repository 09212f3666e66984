import type { ProcessMemory } from "./watched/watched-process.ts";

/** What a server may gain, measured after garbage collections and when all topics are deleted. */
export const memoryBounds = {
  /** Bytes of heap a request, once a quarter of the requests has warmed the server up. */
  heapPerRequest: 100,
  /** Bytes of resident memory, from then to the end. */
  rssGain: 96 * 1024 * 1024,
} as const;

/** A look at a server's memory after so many requests. */
export interface MemorySample extends ProcessMemory {
  readonly requests: number;
}

/** How a server's memory went. */
export interface MemoryTrend {
  readonly heapPerRequest: number;
  readonly rssGain: number;
  readonly stable: boolean;
}

/** The trend after the warm-up: the median of the slopes between all pairs (Theil and Sen), which outliers do not move. */
export function memoryTrend(samples: readonly MemorySample[]): MemoryTrend | null {
  const warm = samples.slice(Math.ceil(samples.length / 4));
  if (warm.length < 4) return null;
  const slopes = warm.flatMap((one, index) =>
    warm.slice(index + 1).map((other) => (other.heap - one.heap) / (other.requests - one.requests)),
  );
  const heapPerRequest = median(slopes);
  const rssGain = warm.at(-1)!.rss - warm[0]!.rss;
  const { heapPerRequest: heapBound, rssGain: rssBound } = memoryBounds;
  return { heapPerRequest, rssGain, stable: heapPerRequest <= heapBound && rssGain <= rssBound };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
