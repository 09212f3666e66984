import { gzipSync, Inflate } from "fflate";
import { RecordBatchError } from "./record-batch-error.ts";
import { slicingTables } from "./slicing-tables.ts";

/** Deflate cannot expand more than 1,032 times, so one step can inflate to at most 4 MiB before it is counted. */
const STEP_BYTES = 4096;
const MAX_EXPANSION = 1032;

const GZIP_HEADER_BYTES = 10;
const GZIP_TRAILER_BYTES = 8;
const FLAG_HEADER_CRC = 0x02;
const FLAG_EXTRA = 0x04;
const FLAG_NAME = 0x08;
const FLAG_COMMENT = 0x10;
const RESERVED_FLAGS = 0xe0;

const CRC32 = slicingTables(0xedb88320, 4);

/** Compresses into one gzip member. The same bytes always give the same member: it carries no time and no name. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { mtime: 0 });
}

/**
 * Unpacks one gzip member, and verifies its length and CRC-32.
 *
 * The bound is enforced while inflating: never more than it and one step (4 MiB) is held, whatever the bytes claim.
 *
 * @param maxBytes the largest result
 * @throws RecordBatchError TOO_LARGE past the bound, TRUNCATED, CORRUPT, CHECKSUM_MISMATCH
 *
 * Source: RFC 1952. Several members in a row, which the format allows and no Kafka client writes, are refused.
 */
export function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const start = headerEnd(bytes);
  const end = bytes.length - GZIP_TRAILER_BYTES;
  if (start > end)
    throw new RecordBatchError("TRUNCATED", "the gzip member ends too early", { bytes: bytes.length });
  const claimed = readLittleEndian(bytes, end + 4);
  if (claimed > maxBytes) throw tooLarge(maxBytes, claimed);
  if (claimed > (end - start) * MAX_EXPANSION) {
    throw new RecordBatchError("CORRUPT", "the gzip member claims more than it can hold", { claimed });
  }
  const out = new Uint8Array(claimed);
  const length = inflateInto(out, bytes, start, end, maxBytes);
  if (length !== claimed) {
    throw new RecordBatchError("CORRUPT", "the gzip member has another length than it claims", {
      claimed,
      length,
    });
  }
  const expected = readLittleEndian(bytes, end);
  const found = crc32(out);
  if (found !== expected) {
    throw new RecordBatchError("CHECKSUM_MISMATCH", "the CRC-32 of the gzip member does not fit", {
      expected,
      found,
    });
  }
  return out;
}

/** Inflates step by step and returns the length of the whole. What passes `out` is dropped, and ends it soon after. */
function inflateInto(
  out: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  maxBytes: number,
): number {
  let length = 0;
  const inflate = new Inflate((chunk) => {
    if (length + chunk.length > maxBytes) throw tooLarge(maxBytes, length + chunk.length);
    if (length + chunk.length <= out.length) out.set(chunk, length);
    length += chunk.length;
  });
  try {
    for (let at = start; at < end && length <= out.length; at += STEP_BYTES) {
      const next = Math.min(at + STEP_BYTES, end);
      inflate.push(bytes.subarray(at, next), next === end);
    }
  } catch (error) {
    if (error instanceof RecordBatchError) throw error;
    throw new RecordBatchError("CORRUPT", "the records do not inflate", { reason: String(error) });
  }
  return length;
}

/** Where the deflate stream starts, after the optional fields. */
function headerEnd(bytes: Uint8Array): number {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) {
    throw new RecordBatchError("CORRUPT", "the records are not a gzip member");
  }
  const flags = bytes[3] ?? 0;
  if (flags & RESERVED_FLAGS)
    throw new RecordBatchError("CORRUPT", "the gzip member has reserved flags", { flags });
  let at = GZIP_HEADER_BYTES;
  if (flags & FLAG_EXTRA) at += 2 + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  if (flags & FLAG_NAME) at = textEnd(bytes, at);
  if (flags & FLAG_COMMENT) at = textEnd(bytes, at);
  if (flags & FLAG_HEADER_CRC) at += 2;
  return at;
}

/** After the zero byte that ends a text, or past the end when none does. */
function textEnd(bytes: Uint8Array, at: number): number {
  const zero = bytes.indexOf(0, at);
  return zero === -1 ? bytes.length + 1 : zero + 1;
}

function readLittleEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** The CRC-32 of gzip, slicing by 4. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      CRC32[0x300 + (crc & 255)]! ^
      CRC32[0x200 + ((crc >>> 8) & 255)]! ^
      CRC32[0x100 + ((crc >>> 16) & 255)]! ^
      CRC32[crc >>> 24]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ CRC32[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

function tooLarge(limit: number, bytes: number): RecordBatchError {
  return new RecordBatchError(
    "TOO_LARGE",
    `the records unpack to more than maxUncompressedBytes (${limit})`,
    {
      limit,
      bytes,
    },
  );
}
