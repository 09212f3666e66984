/** Where the lanes of a group stand in a partition. */
export interface LanePartition {
  readonly partition: number;
  /** Which beginning of the lanes this is. */
  readonly era: number;
  /** First offset that is not in the lanes. */
  readonly filed: number;
  /** First offset that has not ended. */
  readonly committed: number;
  /** Messages that are in the lanes and have not ended. */
  readonly held: number;
  /** Messages that were acknowledged or buried. */
  readonly ended: number;
  /** What was moved over last of what the partition itself held. */
  readonly moved: string;
  /** Later ones are higher. */
  readonly revision: number;
}

/** Reads what scripts tell of a partition. */
export function parseLanePartition(reply: unknown): LanePartition | null {
  const [partition, era, filed, committed, held, ended, moved, revision] = reply as [
    number,
    number,
    number,
    number,
    number,
    number,
    Buffer,
    number,
  ];
  if (partition === undefined) return null;
  return { partition, era, filed, committed, held, ended, moved: moved.toString(), revision };
}
