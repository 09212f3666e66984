import { sipHash128 } from "@tidegate/contracts";

const words = new Uint32Array(260);
const bytes = new Uint8Array(words.buffer);
const tag = new Uint32Array(4);

/** The key under which a group's lanes are hashed: another one for each group, so that nobody makes keys share a lane. */
export function laneHashKey(topicId: string, groupId: string): Uint32Array {
  const key = new Uint32Array(4);
  hash(new Uint32Array(4), Buffer.from(`${topicId} ${groupId}`));
  key.set(tag);
  return key;
}

/**
 * Writes the lane of a key into a buffer, as 8 bytes. It begins with six zero bytes for no key, since those are the lanes
 * of messages that have none.
 */
export function writeLane(hashKey: Uint32Array, key: Uint8Array, into: Buffer, at: number): void {
  hash(hashKey, key);
  into.writeUInt32LE((tag[0]! | 1) >>> 0, at);
  into.writeUInt32LE(tag[1]!, at + 4);
}

/** Writes the lane of a partition's messages that have no key. */
export function writeKeylessLane(partition: number, into: Buffer, at: number): void {
  into.fill(0, at, at + 6);
  into.writeUInt16BE(partition, at + 6);
}

/** Fills `tag`. A bit behind the last byte keeps inputs apart that differ in zeros at their end. */
function hash(hashKey: Uint32Array, input: Uint8Array): void {
  const length = Math.ceil((input.length + 1) / 8) * 2;
  if (length > words.length) {
    const large = new Uint8Array(length * 4);
    large.set(input);
    large[input.length] = 0x80;
    sipHash128(hashKey, new Uint32Array(large.buffer), tag);
    return;
  }
  words.fill(0, Math.max(0, length - 2), length);
  bytes.set(input);
  bytes[input.length] = 0x80;
  sipHash128(hashKey, words.subarray(0, length), tag);
}
