import { checkOffset, type RecordBatchHeader, readRecordBatchHeader } from "./batch-header.ts";
import { ATTRIBUTES_AT, MIN_RECORD_BYTES, RECORD_BATCH_OVERHEAD } from "./batch-layout.ts";
import { crc32cOfRange } from "./crc32c.ts";
import { gunzip } from "./gzip.ts";
import type { DecodedRecord } from "./record.ts";
import { RecordBatchError } from "./record-batch-error.ts";
import { readPosition, readRecords } from "./record-reader.ts";

/** What compressed records may unpack to unless the caller says otherwise: 16 MiB. */
export const DEFAULT_MAX_UNCOMPRESSED_BYTES = 16 * 1024 * 1024;

/** How a batch is read, and how much of it. */
export interface DecodeOptions {
  /** Offset of the batch's first record, in place of the header's. */
  readonly baseOffset?: number;
  /** The most bytes that compressed records may unpack to. Default 16 MiB. */
  readonly maxUncompressedBytes?: number;
  /** Default true. False saves about half of the time where the bytes were verified before. */
  readonly verifyChecksum?: boolean;
  /** Only records from this offset on. */
  readonly fromOffset?: number;
  /** Only records up to this offset, it included. */
  readonly toOffset?: number;
}

/**
 * Decodes one batch, which must fill the bytes exactly. Keys and values are views: of `bytes` when the batch is
 * uncompressed, of the unpacked records otherwise. Whoever changes the former changes the latter.
 *
 * Records outside `fromOffset` to `toOffset` are neither made nor checked. Any bytes either decode or end in a
 * RecordBatchError, in time and memory linear in their length (for gzip, in `maxUncompressedBytes`).
 *
 * @throws RecordBatchError TRUNCATED, CORRUPT, CHECKSUM_MISMATCH, TOO_LARGE (`maxUncompressedBytes`), UNSUPPORTED
 *   (magic, codec, control batches, numbers past 2^53 - 1), INVALID (an option)
 *
 * Source: Kafka protocol guide, "Record Batch" (magic 2).
 */
export function decodeRecordBatch(bytes: Uint8Array, options: DecodeOptions = {}): DecodedRecord[] {
  const header = readRecordBatchHeader(bytes);
  checkLength(bytes, header);
  if (options.verifyChecksum !== false) checkChecksum(bytes, header);
  if (header.control) throw new RecordBatchError("UNSUPPORTED", "a control batch holds no messages");

  const baseOffset = options.baseOffset ?? header.baseOffset;
  checkOffsets(baseOffset, header.recordCount);
  const first = Math.max(0, limit("fromOffset", options.fromOffset, 0) - baseOffset);
  const end = header.recordCount - 1;
  const last = Math.min(end, limit("toOffset", options.toOffset, Number.MAX_SAFE_INTEGER) - baseOffset);
  if (first > last && header.recordCount !== 0) return [];

  const compressed = header.compression !== "none";
  const records = compressed ? unpack(bytes, header, options) : bytes;
  const start = compressed ? 0 : RECORD_BATCH_OVERHEAD;
  checkCount(header.recordCount, records.length - start);
  const decoded = readRecords(records, start, records.length, first, last, {
    baseOffset,
    baseTimestamp: header.baseTimestamp,
    logAppendTime: header.timestampType === "append" ? header.maxTimestamp : undefined,
  });
  if (last === end && readPosition() !== records.length) {
    throw new RecordBatchError("CORRUPT", "bytes follow the last record", { at: readPosition() });
  }
  return decoded;
}

function unpack(bytes: Uint8Array, header: RecordBatchHeader, options: DecodeOptions): Uint8Array {
  if (header.compression !== "gzip") {
    throw new RecordBatchError("UNSUPPORTED", `compression ${header.compression} is not read, only gzip`, {
      compression: header.compression,
    });
  }
  const maxBytes = options.maxUncompressedBytes ?? DEFAULT_MAX_UNCOMPRESSED_BYTES;
  checkOffset(maxBytes, "maxUncompressedBytes");
  return gunzip(bytes.subarray(RECORD_BATCH_OVERHEAD), maxBytes);
}

function checkLength(bytes: Uint8Array, { byteLength }: RecordBatchHeader): void {
  if (bytes.length === byteLength) return;
  const code = bytes.length < byteLength ? "TRUNCATED" : "CORRUPT";
  throw new RecordBatchError(code, "the bytes are fewer or more than the batch", {
    bytes: bytes.length,
    byteLength,
  });
}

function checkChecksum(bytes: Uint8Array, header: RecordBatchHeader): void {
  const found = crc32cOfRange(bytes, ATTRIBUTES_AT, bytes.length);
  if (found === header.checksum) return;
  throw new RecordBatchError("CHECKSUM_MISMATCH", "the CRC-32C of the batch does not fit", {
    expected: header.checksum,
    found,
  });
}

function checkOffsets(baseOffset: number, recordCount: number): void {
  checkOffset(baseOffset, "baseOffset");
  if (Number.isSafeInteger(baseOffset + recordCount)) return;
  throw new RecordBatchError("UNSUPPORTED", "the offsets pass 2^53 - 1 and cannot be held exactly", {
    baseOffset,
  });
}

/** A count is believed only as far as the bytes can bear it out. */
function checkCount(recordCount: number, bytes: number): void {
  if (recordCount * MIN_RECORD_BYTES <= bytes) return;
  throw new RecordBatchError("CORRUPT", "there are fewer records than the header says", {
    recordCount,
    bytes,
  });
}

function limit(field: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isSafeInteger(value)) return value;
  throw new RecordBatchError("INVALID", `${field} must be a safe integer`, { field, found: value });
}
