import { MAX_BATCH_BYTES } from "./batch-layout.ts";
import { utf8Bytes } from "./header-key-text.ts";
import type { RecordHeader, RecordInput } from "./record.ts";
import { RecordBatchError } from "./record-batch-error.ts";
import { varintBytes, varlongBytes } from "./varint.ts";

/** Length (5), attributes (1), timestamp delta (10) and offset delta (5) at their longest. */
const MAX_FRAMING_BYTES = 21;

/**
 * The exact bytes that a record takes in an uncompressed batch, its own length included.
 *
 * @param offsetDelta its place in the batch, from 0
 * @param timestampDelta its timestamp less that of the batch's first record, in milliseconds
 * @throws RecordBatchError INVALID or TOO_LARGE, as `encodeRecordBatch`
 */
export function recordBytes(record: RecordInput, offsetDelta: number, timestampDelta: number): number {
  const body = recordBodyBytes(record, offsetDelta, timestampDelta);
  return body + varintBytes(body);
}

/**
 * At least as many bytes as the record takes in any place of any batch; at most 20 more than it really takes.
 *
 * @throws RecordBatchError INVALID or TOO_LARGE, as `encodeRecordBatch`
 */
export function recordBytesUpperBound(record: RecordInput): number {
  return MAX_FRAMING_BYTES + payloadBytes(record);
}

/** The bytes after the record's own length. */
export function recordBodyBytes(record: RecordInput, offsetDelta: number, timestampDelta: number): number {
  if (!Number.isSafeInteger(timestampDelta)) {
    throw new RecordBatchError(
      "INVALID",
      "timestamp must be an integer and within 2^53 ms of the batch's first",
      {
        timestamp: record.timestamp,
      },
    );
  }
  return 1 + varlongBytes(timestampDelta) + varintBytes(offsetDelta) + payloadBytes(record);
}

/** Key, value and headers with their lengths. Everything that could not be written is refused here. */
function payloadBytes(record: RecordInput): number {
  const { key, value, headers } = record;
  let bytes = nullableBytes(key) + nullableBytes(value);
  if (headers === undefined || headers.length === 0) bytes += 1;
  else bytes += headersBytes(headers);
  if (bytes <= MAX_BATCH_BYTES) return bytes;
  if (Number.isNaN(bytes)) {
    throw new RecordBatchError(
      "INVALID",
      "keys and values must be a Uint8Array or null, header keys strings",
    );
  }
  throw new RecordBatchError("TOO_LARGE", "a record cannot be larger than a batch", {
    limit: MAX_BATCH_BYTES,
  });
}

function headersBytes(headers: readonly RecordHeader[]): number {
  let bytes = varintBytes(headers.length);
  for (let i = 0; i < headers.length; i++) {
    const { key, value } = headers[i]!;
    const keyBytes = typeof key === "string" ? utf8Bytes(key) : Number.NaN;
    bytes += varintBytes(keyBytes) + keyBytes + nullableBytes(value);
  }
  return bytes;
}

/** A length of -1 and nothing after it stand for null. Not a number when it is no byte array. */
function nullableBytes(bytes: Uint8Array | null): number {
  if (bytes === null) return 1;
  if (bytes === undefined) return Number.NaN;
  const { byteLength } = bytes;
  return varintBytes(byteLength) + byteLength;
}
