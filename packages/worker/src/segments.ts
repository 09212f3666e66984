import type { RangeLease } from "@tidegate/core";

/** Consecutive offsets of a lease that were delivered as often. */
export type Segment = RangeLease["segments"][number];

/** The last offset of the segments; -1 when there is none. */
export function lastOffset(segments: readonly Segment[]): number {
  return segments.at(-1)?.last ?? -1;
}

/** The part of the segments that lies within these offsets. */
export function clip(segments: readonly Segment[], from: number, to: number): Segment[] {
  return segments
    .filter(({ first, last }) => last >= from && first <= to)
    .map(({ first, last, attempt }) => ({ first: Math.max(first, from), last: Math.min(last, to), attempt }));
}

export function countMessages(segments: readonly Segment[]): number {
  return segments.reduce((count, segment) => count + segment.last - segment.first + 1, 0);
}

/** Every offset of the segments, one by one. */
export function offsetsOf(segments: readonly Segment[]): number[] {
  const offsets: number[] = [];
  for (const { first, last } of segments)
    for (let offset = first; offset <= last; offset++) offsets.push(offset);
  return offsets;
}
