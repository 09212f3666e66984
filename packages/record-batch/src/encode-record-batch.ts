import { MAX_BATCH_BYTES, RECORD_BATCH_OVERHEAD } from "./batch-layout.ts";
import type { EncodeOptions } from "./encode-options.ts";
import type { RecordInput } from "./record.ts";
import { RecordBatchBuilder } from "./record-batch-builder.ts";
import { recordBytes } from "./record-size.ts";

/**
 * Encodes records, of which there is at least one, as one batch. Their offsets are consecutive, their order is kept.
 *
 * @throws RecordBatchError INVALID (an option, or a record, that cannot be written; an empty list), UNSUPPORTED (codec),
 *   TOO_LARGE (past 2^31 - 1 bytes)
 *
 * Source: Kafka protocol guide, "Record Batch" (magic 2).
 */
export function encodeRecordBatch(records: readonly RecordInput[], options: EncodeOptions = {}): Uint8Array {
  const baseTimestamp = records.length === 0 ? 0 : records[0]!.timestamp;
  let initialBytes = RECORD_BATCH_OVERHEAD;
  for (let i = 0; i < records.length; i++) {
    initialBytes += recordBytes(records[i]!, i, records[i]!.timestamp - baseTimestamp);
  }
  const builder = new RecordBatchBuilder({
    ...options,
    initialBytes: Math.min(initialBytes, MAX_BATCH_BYTES),
  });
  for (let i = 0; i < records.length; i++) builder.append(records[i]!);
  return builder.build();
}
