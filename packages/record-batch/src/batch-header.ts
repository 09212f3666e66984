import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_LENGTH_AT,
  CHECKSUM_AT,
  CODEC_MASK,
  CODECS,
  CONTROL_FLAG,
  LAST_OFFSET_DELTA_AT,
  LENGTH_COUNTS_FROM,
  LOG_APPEND_TIME_FLAG,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_BATCH_OVERHEAD,
  RECORD_COUNT_AT,
  TRANSACTIONAL_FLAG,
} from "./batch-layout.ts";
import { readBigInt64, readInt32, readInt64, writeInt64 } from "./big-endian.ts";
import { RecordBatchError } from "./record-batch-error.ts";

/** How the records are compressed. Only `none` and `gzip` are encoded and decoded here. */
export type RecordBatchCompression = (typeof CODECS)[number];

/** Whose clock the timestamps are from: the producer's, or the log's (then every record has the largest one). */
export type TimestampType = "create" | "append";

/** The fields of a batch before its records. Times in milliseconds since 1970; -1 means "none" in the producer fields. */
export interface RecordBatchHeader {
  readonly baseOffset: number;
  /** Length of the whole batch in bytes, this header included. */
  readonly byteLength: number;
  readonly partitionLeaderEpoch: number;
  /** CRC-32C over everything from the attributes on. */
  readonly checksum: number;
  readonly compression: RecordBatchCompression;
  readonly timestampType: TimestampType;
  readonly transactional: boolean;
  /** A control batch holds markers of transactions, not messages. */
  readonly control: boolean;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/**
 * Reads the header alone: the first 61 bytes are enough, what follows is neither needed nor verified. So a caller can
 * step through batches laid end to end by `byteLength`.
 *
 * @throws RecordBatchError TRUNCATED, CORRUPT (an impossible length, count or offset), UNSUPPORTED (magic, codec, or a
 *   number past 2^53 - 1)
 */
export function readRecordBatchHeader(bytes: Uint8Array): RecordBatchHeader {
  checkMagic(bytes);
  checkHeaderPresent(bytes);
  const attributes = bytes[ATTRIBUTES_AT + 1]!; // the upper byte has no meaning yet
  const compression = CODECS[attributes & CODEC_MASK];
  if (compression === undefined) {
    const codec = attributes & CODEC_MASK;
    throw new RecordBatchError("UNSUPPORTED", `compression codec ${codec} is unknown`, { codec });
  }
  const header: RecordBatchHeader = {
    baseOffset: readInt64(bytes, BASE_OFFSET_AT, "baseOffset"),
    byteLength: LENGTH_COUNTS_FROM + readInt32(bytes, BATCH_LENGTH_AT),
    partitionLeaderEpoch: readInt32(bytes, PARTITION_LEADER_EPOCH_AT),
    checksum: readInt32(bytes, CHECKSUM_AT) >>> 0,
    compression,
    timestampType: (attributes & LOG_APPEND_TIME_FLAG) !== 0 ? "append" : "create",
    transactional: (attributes & TRANSACTIONAL_FLAG) !== 0,
    control: (attributes & CONTROL_FLAG) !== 0,
    lastOffsetDelta: readInt32(bytes, LAST_OFFSET_DELTA_AT),
    baseTimestamp: readInt64(bytes, BASE_TIMESTAMP_AT, "baseTimestamp"),
    maxTimestamp: readInt64(bytes, MAX_TIMESTAMP_AT, "maxTimestamp"),
    producerId: readBigInt64(bytes, PRODUCER_ID_AT),
    producerEpoch: readInt32(bytes, PRODUCER_EPOCH_AT) >> 16,
    baseSequence: readInt32(bytes, BASE_SEQUENCE_AT),
    recordCount: readInt32(bytes, RECORD_COUNT_AT),
  };
  checkHeader(header);
  return header;
}

/**
 * Writes the base offset into a batch, in place. The field lies outside the checksum, which therefore stays valid.
 *
 * @throws RecordBatchError INVALID when the offset is not an integer from 0 to 2^53 - 1, TRUNCATED when the bytes are
 *   too few to be a batch
 */
export function patchBaseOffset(bytes: Uint8Array, offset: number): void {
  checkOffset(offset, "offset");
  checkHeaderPresent(bytes);
  writeInt64(bytes, BASE_OFFSET_AT, offset);
}

/** @throws RecordBatchError INVALID when `offset` is not an integer from 0 to 2^53 - 1 */
export function checkOffset(offset: number, field: string): void {
  if (Number.isSafeInteger(offset) && offset >= 0) return;
  throw new RecordBatchError("INVALID", `${field} must be an integer from 0 to 2^53 - 1`, {
    field,
    found: offset,
  });
}

/** The magic comes first: the headers of the other formats are shorter, and have other fields in these places. */
function checkMagic(bytes: Uint8Array): void {
  const magic = bytes[MAGIC_AT];
  if (magic === undefined || magic === MAGIC) return;
  throw new RecordBatchError("UNSUPPORTED", `record batches of magic ${magic} are not read, only ${MAGIC}`, {
    magic,
  });
}

function checkHeaderPresent(bytes: Uint8Array): void {
  if (bytes.length >= RECORD_BATCH_OVERHEAD) return;
  throw new RecordBatchError("TRUNCATED", "the bytes end inside the header of the record batch", {
    bytes: bytes.length,
    needed: RECORD_BATCH_OVERHEAD,
  });
}

function checkHeader(header: RecordBatchHeader): void {
  const { byteLength, baseOffset, recordCount, lastOffsetDelta } = header;
  if (byteLength < RECORD_BATCH_OVERHEAD) {
    throw new RecordBatchError("CORRUPT", "the batch length is shorter than the header", { byteLength });
  }
  if (baseOffset < 0) throw new RecordBatchError("CORRUPT", "the base offset is negative", { baseOffset });
  if (recordCount < 0) throw new RecordBatchError("CORRUPT", "the record count is negative", { recordCount });
  // A broker's log cleaner may leave gaps; in a producer's batch, and in a dense log, there are none.
  if (lastOffsetDelta !== recordCount - 1) {
    throw new RecordBatchError("CORRUPT", "the last offset delta does not fit the record count", {
      lastOffsetDelta,
      recordCount,
    });
  }
}
