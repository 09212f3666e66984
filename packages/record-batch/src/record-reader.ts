import { readUtf8 } from "./header-key-text.ts";
import type { DecodedRecord, RecordHeader } from "./record.ts";
import { RecordBatchError } from "./record-batch-error.ts";

/** What the records of a batch share. */
export interface RecordContext {
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  /** The timestamp of every record when it is the log's; otherwise each has its own. */
  readonly logAppendTime: number | undefined;
}

const NO_HEADERS: readonly RecordHeader[] = Object.freeze([]);

/** A header takes at least the length of its key and that of its value. */
const MIN_HEADER_BYTES = 2;

/**
 * The cursor of the reading functions below. It is one variable for all of them since they run to their end without
 * giving way, and an object for it, or pairs as results, would cost more than the decoding.
 */
let at = 0;

/**
 * Reads the records `first` to `last` (both included, counted from 0 in the batch); those before are stepped over by
 * their length, those after are not looked at.
 *
 * @param bytes the records, uncompressed
 * @param start where the first record of the batch starts
 * @throws RecordBatchError CORRUPT, UNSUPPORTED (a timestamp past 2^53 - 1)
 */
export function readRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  first: number,
  last: number,
  context: RecordContext,
): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  at = start;
  for (let i = 0; i < first; i++) at = recordEnd(bytes, end);
  for (let i = first; i <= last; i++) records.push(readRecord(bytes, recordEnd(bytes, end), i, context));
  return records;
}

/** Where the reading stopped. */
export function readPosition(): number {
  return at;
}

/** Reads a record's length and returns where the record ends. */
function recordEnd(bytes: Uint8Array, end: number): number {
  const length = readVarint(bytes, end);
  if (length < 0) throw corrupt("a record has a negative length");
  if (length > end - at) throw corrupt("a record is longer than its batch");
  return at + length;
}

function readRecord(bytes: Uint8Array, end: number, index: number, context: RecordContext): DecodedRecord {
  at++; // attributes, of which none is defined for a record
  const timestampDelta = readVarlong(bytes, end);
  const offsetDelta = readVarint(bytes, end);
  if (offsetDelta !== index) throw corrupt("the offsets of the records are not consecutive");
  const key = readNullable(bytes, end);
  const value = readNullable(bytes, end);
  const headerCount = readVarint(bytes, end);
  const headers = headerCount === 0 ? NO_HEADERS : readHeaders(bytes, end, headerCount);
  if (at !== end) throw corrupt("a record is longer than its fields");
  const timestamp = context.logAppendTime ?? context.baseTimestamp + timestampDelta;
  if (!Number.isSafeInteger(timestamp)) throw timestampTooLarge();
  return { offset: context.baseOffset + offsetDelta, timestamp, key, value, headers };
}

function readHeaders(bytes: Uint8Array, end: number, count: number): RecordHeader[] {
  if (count < 0) throw corrupt("a record has a negative number of headers");
  if (count * MIN_HEADER_BYTES > end - at) throw corrupt("a record has fewer headers than it says");
  const headers: RecordHeader[] = [];
  for (let i = 0; i < count; i++) {
    const keyBytes = readVarint(bytes, end);
    if (keyBytes < 0) throw corrupt("a header has no key");
    const start = advance(keyBytes, end);
    const key = readUtf8(bytes, start, at);
    headers.push({ key, value: readNullable(bytes, end) });
  }
  return headers;
}

/** A view of the next bytes after their length; a negative length stands for null. */
function readNullable(bytes: Uint8Array, end: number): Uint8Array | null {
  const length = readVarint(bytes, end);
  if (length < 0) {
    if (length !== -1) throw corrupt("a key or value has a negative length");
    return null;
  }
  const start = advance(length, end);
  // Not subarray: it is slower, and of a Node Buffer it makes Buffers, another class than for other batches.
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
}

/** Steps over `length` bytes and returns where they start. */
function advance(length: number, end: number): number {
  if (length > end - at) throw corrupt("a field is longer than its record");
  const start = at;
  at += length;
  return start;
}

/** A signed 32-bit integer of at most five bytes. */
function readVarint(bytes: Uint8Array, end: number): number {
  let bits = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (at >= end) throw corrupt("a number runs past its record");
    const byte = bytes[at++]!;
    if (shift === 28 && byte > 0x0f) break;
    bits |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1);
  }
  throw corrupt("a number is longer than 32 bits");
}

/** A signed 64-bit integer of at most ten bytes, as far as a number can hold it. */
function readVarlong(bytes: Uint8Array, end: number): number {
  const start = at;
  let bits = 0;
  for (let shift = 0; shift < 28 && at < end; shift += 7) {
    const byte = bytes[at++]!;
    bits |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1);
  }
  at = start;
  return readLongVarlong(bytes, end);
}

/** Any varlong: those of five bytes and more, deltas of a day and a half, are rare. */
function readLongVarlong(bytes: Uint8Array, end: number): number {
  let bits = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (at >= end) throw corrupt("a number runs past its record");
    const byte = bytes[at++]!;
    if (shift === 63n && byte > 0x01) break;
    bits |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return Number((bits >> 1n) ^ -(bits & 1n));
  }
  throw corrupt("a number is longer than 64 bits");
}

function corrupt(message: string): RecordBatchError {
  return new RecordBatchError("CORRUPT", message, { at });
}

function timestampTooLarge(): RecordBatchError {
  return new RecordBatchError("UNSUPPORTED", "a timestamp is past 2^53 - 1 and cannot be held exactly", {
    at,
  });
}
