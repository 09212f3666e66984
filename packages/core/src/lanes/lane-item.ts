/** Bytes of a message in the answer of a take: its member (24) and the number of its attempt (2). */
export const itemBytes = 26;
const laneBytes = 8;
const offsetAt = 16;
const attemptAt = 24;

/** A message of a lease, without its content. */
export interface LaneItem {
  readonly offset: number;
  readonly attempt: number;
  /** Text of one byte a character. */
  readonly lane: string;
}

/** The messages of a lease, in order of offsets. */
export function parseItems(blob: Buffer): LaneItem[] {
  const items: LaneItem[] = [];
  let sorted = true;
  for (let at = 0; at < blob.length; at += itemBytes) {
    const offset = blob.readUIntBE(at + offsetAt, 6);
    if (sorted && items.length > 0 && items.at(-1)!.offset > offset) sorted = false;
    items.push({
      offset,
      attempt: blob.readUInt16BE(at + attemptAt),
      lane: blob.toString("latin1", at, at + laneBytes),
    });
  }
  return sorted ? items : items.sort((one, other) => one.offset - other.offset);
}

/** Where and what the message of an item is. */
export function placeOfItem(item: Buffer): { partition: number; offset: number; attempt: number } {
  return {
    partition: item.readUInt16BE(14),
    offset: item.readUIntBE(offsetAt, 6),
    attempt: item.readUInt16BE(attemptAt),
  };
}
