import { slicingTables } from "./slicing-tables.ts";

/** A module-level constant, so that the compiler knows its length and drops the bounds checks. */
const T = slicingTables(0x82f63b78, 16);

/** Below this many bytes a view of 32-bit words costs more than it saves. */
const WORDS_FROM_BYTES = 256;

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The CRC-32C (Castagnoli) of the bytes, as an unsigned 32-bit integer.
 *
 * @param seed the CRC of what comes before these bytes: `crc32c(b, crc32c(a))` is the CRC of `a` followed by `b`
 *
 * Source: RFC 3720, section 12.1 and appendix B.4; the Kafka protocol covers a batch from its attributes on.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  return crc32cOfRange(bytes, 0, bytes.length, seed);
}

/** The CRC-32C of `bytes` from `start` up to `end`, without a view made for it. The caller vouches for the range. */
export function crc32cOfRange(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (littleEndian && end - start >= WORDS_FROM_BYTES) return wordwise(bytes, start, end, seed);
  return bytewise(bytes, start, end, ~seed);
}

/** Slicing-by-8 over single bytes. `crc` comes in inverted. */
function bytewise(bytes: Uint8Array, start: number, end: number, crc: number): number {
  let at = start;
  for (; at + 8 <= end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      T[0x700 + (crc & 255)]! ^
      T[0x600 + ((crc >>> 8) & 255)]! ^
      T[0x500 + ((crc >>> 16) & 255)]! ^
      T[0x400 + (crc >>> 24)]! ^
      T[0x300 + bytes[at + 4]!]! ^
      T[0x200 + bytes[at + 5]!]! ^
      T[0x100 + bytes[at + 6]!]! ^
      T[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ T[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

/** Slicing-by-16 over 32-bit words: four loads for sixteen bytes. Little-endian machines only. */
function wordwise(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let crc = ~seed;
  let at = start;
  for (; (bytes.byteOffset + at) & 3; at++) crc = (crc >>> 8) ^ T[(crc ^ bytes[at]!) & 255]!;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, ((end - at) >>> 4) * 4);
  for (let i = 0; i < words.length; i += 4) {
    const a = crc ^ words[i]!;
    const b = words[i + 1]!;
    const c = words[i + 2]!;
    const d = words[i + 3]!;
    crc =
      T[0xf00 + (a & 255)]! ^
      T[0xe00 + ((a >>> 8) & 255)]! ^
      T[0xd00 + ((a >>> 16) & 255)]! ^
      T[0xc00 + (a >>> 24)]! ^
      T[0xb00 + (b & 255)]! ^
      T[0xa00 + ((b >>> 8) & 255)]! ^
      T[0x900 + ((b >>> 16) & 255)]! ^
      T[0x800 + (b >>> 24)]! ^
      T[0x700 + (c & 255)]! ^
      T[0x600 + ((c >>> 8) & 255)]! ^
      T[0x500 + ((c >>> 16) & 255)]! ^
      T[0x400 + (c >>> 24)]! ^
      T[0x300 + (d & 255)]! ^
      T[0x200 + ((d >>> 8) & 255)]! ^
      T[0x100 + ((d >>> 16) & 255)]! ^
      T[d >>> 24]!;
  }
  return bytewise(bytes, at + words.length * 4, end, crc);
}
