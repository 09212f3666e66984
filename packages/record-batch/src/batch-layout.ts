/**
 * Where the fields of a record batch lie. All integers are big-endian.
 *
 * Source: Kafka protocol guide, "Record Batch"; org.apache.kafka.common.record.DefaultRecordBatch.
 */

/** Bytes of a batch before its first record. */
export const RECORD_BATCH_OVERHEAD = 61;

/** A batch's length is an int32 that does not count the first 12 bytes; one limit for both sides is simpler. */
export const MAX_BATCH_BYTES = 0x7fffffff;

export const BASE_OFFSET_AT = 0;
export const BATCH_LENGTH_AT = 8;
export const PARTITION_LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CHECKSUM_AT = 17;
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;

/** The batch length counts from the byte after itself. */
export const LENGTH_COUNTS_FROM = 12;

export const MAGIC = 2;

/** The low three bits of the attributes name the codec, by its place in this list. */
export const CODEC_MASK = 0x07;
export const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
export const GZIP_CODEC = 1;

export const LOG_APPEND_TIME_FLAG = 0x08;
export const TRANSACTIONAL_FLAG = 0x10;
export const CONTROL_FLAG = 0x20;

/** Length, attributes, timestamp delta, offset delta, key length, value length and header count: a byte each. */
export const MIN_RECORD_BYTES = 7;
