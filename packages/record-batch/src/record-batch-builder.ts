import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_LENGTH_AT,
  CHECKSUM_AT,
  GZIP_CODEC,
  LAST_OFFSET_DELTA_AT,
  LENGTH_COUNTS_FROM,
  LOG_APPEND_TIME_FLAG,
  MAGIC,
  MAGIC_AT,
  MAX_BATCH_BYTES,
  MAX_TIMESTAMP_AT,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_BATCH_OVERHEAD,
  RECORD_COUNT_AT,
} from "./batch-layout.ts";
import { writeBigInt64, writeInt16, writeInt32, writeInt64 } from "./big-endian.ts";
import { crc32cOfRange } from "./crc32c.ts";
import { type EncodeOptions, type EncodeSettings, encodeSettings } from "./encode-options.ts";
import { gzip } from "./gzip.ts";
import type { RecordInput } from "./record.ts";
import { RecordBatchError } from "./record-batch-error.ts";
import { recordBodyBytes } from "./record-size.ts";
import { writeRecord } from "./record-writer.ts";
import { varintBytes } from "./varint.ts";

/** Options of a builder. */
export interface RecordBatchBuilderOptions extends EncodeOptions {
  /** The largest batch in bytes, header included and before compression. Default: 2^31 - 1, what the format can hold. */
  readonly maxBytes?: number;
  /** Room to begin with, in bytes. Default: what the first record needs, then as much as the last batch took. */
  readonly initialBytes?: number;
}

/**
 * Makes record batches, one after the other. Each record is written straight into the batch's memory as it comes; at
 * the end only the header is missing.
 */
export class RecordBatchBuilder {
  readonly #settings: EncodeSettings;
  readonly #maxBytes: number;
  #buffer: Uint8Array;
  #capacity: number;
  #baseSequence: number;
  #at = RECORD_BATCH_OVERHEAD;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  /** @throws RecordBatchError INVALID, which names the option */
  constructor(options: RecordBatchBuilderOptions = {}) {
    this.#settings = encodeSettings(options);
    this.#baseSequence = this.#settings.baseSequence;
    this.#maxBytes = bytesOf("maxBytes", options.maxBytes, MAX_BATCH_BYTES);
    this.#capacity = bytesOf("initialBytes", options.initialBytes, 0);
    this.#buffer = EMPTY;
  }

  /** Records in the batch so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the batch so far, header included and before compression. */
  get bytes(): number {
    return this.#at;
  }

  /**
   * Adds a record. False, and nothing changes, when it would take the batch past `maxBytes`; a batch's first record is
   * taken whatever its size. The record's bytes are copied.
   *
   * @throws RecordBatchError INVALID (timestamp, key, value or headers), TOO_LARGE (past what the format can hold);
   *   nothing changes
   */
  append(record: RecordInput): boolean {
    const { timestamp } = record;
    if (!Number.isSafeInteger(timestamp)) throw badTimestamp(timestamp);
    const count = this.#count;
    if (count === 0) this.#baseTimestamp = timestamp;
    const timestampDelta = timestamp - this.#baseTimestamp;
    const bodyBytes = recordBodyBytes(record, count, timestampDelta);
    const at = this.#at;
    const end = at + varintBytes(bodyBytes) + bodyBytes;
    if (end > this.#maxBytes && count !== 0) return false;
    if (end > this.#buffer.length) this.#grow(end);
    writeRecord(this.#buffer, at, record, bodyBytes, count, timestampDelta);
    this.#at = end;
    this.#count = count + 1;
    if (count === 0 || timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    return true;
  }

  /**
   * Ends the batch and returns it. The builder is then empty and takes the next one with the same options, its base
   * sequence moved on by the number of records. The bytes returned are the caller's; they may lie in a larger buffer.
   *
   * With `compression: "gzip"` a batch that gzip does not make smaller stays uncompressed, and says so in its header.
   *
   * @throws RecordBatchError INVALID when there is no record
   */
  build(): Uint8Array {
    if (this.#count === 0) throw new RecordBatchError("INVALID", "a record batch has at least one record");
    let batch = this.#at === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.#at);
    let codec = 0;
    if (this.#settings.compression === "gzip") {
      const packed = gzip(batch.subarray(RECORD_BATCH_OVERHEAD));
      if (packed.length < batch.length - RECORD_BATCH_OVERHEAD) {
        codec = GZIP_CODEC;
        batch = new Uint8Array(RECORD_BATCH_OVERHEAD + packed.length);
        batch.set(packed, RECORD_BATCH_OVERHEAD);
      }
    }
    this.#writeHeader(batch, codec);
    this.#startNext(codec !== 0);
    return batch;
  }

  #writeHeader(batch: Uint8Array, codec: number): void {
    const settings = this.#settings;
    writeInt64(batch, BASE_OFFSET_AT, settings.baseOffset);
    writeInt32(batch, BATCH_LENGTH_AT, batch.length - LENGTH_COUNTS_FROM);
    writeInt32(batch, PARTITION_LEADER_EPOCH_AT, settings.partitionLeaderEpoch);
    batch[MAGIC_AT] = MAGIC;
    writeInt16(
      batch,
      ATTRIBUTES_AT,
      codec | (settings.timestampType === "append" ? LOG_APPEND_TIME_FLAG : 0),
    );
    writeInt32(batch, LAST_OFFSET_DELTA_AT, this.#count - 1);
    writeInt64(batch, BASE_TIMESTAMP_AT, this.#baseTimestamp);
    writeInt64(batch, MAX_TIMESTAMP_AT, this.#maxTimestamp);
    writeBigInt64(batch, PRODUCER_ID_AT, settings.producerId);
    writeInt16(batch, PRODUCER_EPOCH_AT, settings.producerEpoch);
    writeInt32(batch, BASE_SEQUENCE_AT, this.#baseSequence);
    writeInt32(batch, RECORD_COUNT_AT, this.#count);
    writeInt32(batch, CHECKSUM_AT, crc32cOfRange(batch, ATTRIBUTES_AT, batch.length));
  }

  #startNext(bufferIsOurs: boolean): void {
    if (!bufferIsOurs) {
      this.#capacity = this.#at;
      this.#buffer = EMPTY;
    }
    // Kafka's sequences go on at 0 after 2^31 - 1.
    if (this.#baseSequence >= 0) this.#baseSequence = (this.#baseSequence + this.#count) % 0x80000000;
    this.#at = RECORD_BATCH_OVERHEAD;
    this.#count = 0;
  }

  /** Makes room up to `needed`: the expected capacity at first, then the double, but not past `maxBytes` for nothing. */
  #grow(needed: number): void {
    if (needed > MAX_BATCH_BYTES) {
      throw new RecordBatchError("TOO_LARGE", "a record batch cannot be larger than 2^31 - 1 bytes", {
        limit: MAX_BATCH_BYTES,
        bytes: needed,
      });
    }
    const wished = this.#buffer.length === 0 ? this.#capacity : this.#buffer.length * 2;
    const larger = takeBytes(Math.max(needed, Math.min(wished, this.#maxBytes)));
    if (this.#count !== 0) larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}

const EMPTY = new Uint8Array(0);

/** Memory of its own costs a small batch more than all else; small ones are cut from a slab. */
const SLAB_BYTES = 65_536;
const LARGEST_CUT = 4_096;
let slab = EMPTY;
let slabAt = 0;

function takeBytes(count: number): Uint8Array {
  if (count > LARGEST_CUT) return new Uint8Array(count);
  if (slabAt + count > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    slabAt = 0;
  }
  const bytes = slab.subarray(slabAt, slabAt + count);
  slabAt += count;
  return bytes;
}

function bytesOf(field: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isInteger(value) && value > 0 && value <= MAX_BATCH_BYTES) return value;
  throw new RecordBatchError("INVALID", `${field} must be an integer from 1 to 2^31 - 1`, {
    field,
    found: value,
  });
}

function badTimestamp(timestamp: unknown): RecordBatchError {
  return new RecordBatchError("INVALID", "timestamp must be a safe integer, in milliseconds", {
    timestamp: String(timestamp),
  });
}
