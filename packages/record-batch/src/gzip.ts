import { Gunzip, gzipSync } from "fflate";
import { RecordBatchError, type RecordBatchErrorDetails } from "./record-batch-error.ts";
import { slicingTables } from "./slicing-tables.ts";

/** Deflate cannot expand more than 1,032 times, so one step inflates to at most 4 MiB before it is counted. */
const STEP_BYTES = 4096;
const MAX_EXPANSION = 1032;

/**
 * What the inflater cannot use yet it copies again at each step. A stored block makes it wait for 64 KiB; without a
 * limit, a header field that never ends would cost the square of its length.
 */
const MAX_STEPS_WITHOUT_OUTPUT = 20;

/** Ten bytes of header, two of an empty deflate stream, and the trailer: CRC-32 and length. */
const MIN_MEMBER_BYTES = 20;
const TRAILER_BYTES = 8;

const CRC32 = slicingTables(0xedb88320, 4);

/** Compresses into one gzip member. The same bytes always give the same member: it carries no time and no name. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { mtime: 0 });
}

/**
 * Unpacks one gzip member, and verifies its length and CRC-32.
 *
 * The bound is enforced while inflating: never more than it and one step (4 MiB) is held, whatever the bytes claim. The
 * time is linear in the bytes, but bytes made for the purpose (nothing but code tables) take 1.2 ms and leave 10 MB of
 * garbage a KiB, so strangers' batches want a bound on their compressed size too.
 *
 * @param maxBytes the largest result
 * @throws RecordBatchError TOO_LARGE past the bound, CORRUPT, CHECKSUM_MISMATCH
 *
 * Source: RFC 1952. Several members in a row, which the format allows and no Kafka client writes, are refused.
 */
export function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length < MIN_MEMBER_BYTES)
    throw corrupt("the gzip member ends too early", { bytes: bytes.length });
  const claimed = readLittleEndian(bytes, bytes.length - 4);
  if (claimed > maxBytes) throw tooLarge(maxBytes, claimed);
  if (claimed > bytes.length * MAX_EXPANSION) {
    throw corrupt("the gzip member claims more than it can hold", { claimed, bytes: bytes.length });
  }
  const out = new Uint8Array(claimed);
  const length = inflateInto(out, bytes, maxBytes);
  if (length !== claimed)
    throw corrupt("the gzip member has another length than it claims", { claimed, length });
  const expected = readLittleEndian(bytes, bytes.length - TRAILER_BYTES);
  const found = crc32(out);
  if (found !== expected) {
    throw new RecordBatchError("CHECKSUM_MISMATCH", "the CRC-32 of the gzip member does not fit", {
      expected,
      found,
    });
  }
  return out;
}

/** Inflates step by step and returns the length. It ends at the first step that passes `out`, which then is useless. */
function inflateInto(out: Uint8Array, bytes: Uint8Array, maxBytes: number): number {
  let length = 0;
  let steps = 0;
  const stream = new Gunzip((chunk) => {
    const end = length + chunk.length;
    if (end > maxBytes) throw tooLarge(maxBytes, end);
    if (end <= out.length) out.set(chunk, length);
    length = end;
    if (chunk.length > 0) steps = 0;
  });
  stream.onmember = (at) => {
    throw corrupt("bytes follow the gzip member", { at });
  };
  try {
    for (let at = 0; at < bytes.length && length <= out.length; at += STEP_BYTES) {
      const next = at + STEP_BYTES;
      stream.push(bytes.subarray(at, next), next >= bytes.length);
      if (++steps > MAX_STEPS_WITHOUT_OUTPUT)
        throw corrupt("the gzip member goes on without content", { at });
    }
  } catch (error) {
    if (error instanceof RecordBatchError) throw error;
    throw corrupt("the records do not inflate", { reason: String(error) });
  }
  return length;
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

function corrupt(message: string, details: RecordBatchErrorDetails): RecordBatchError {
  return new RecordBatchError("CORRUPT", message, details);
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
