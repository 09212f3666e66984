export {
  patchBaseOffset,
  type RecordBatchCompression,
  type RecordBatchHeader,
  readRecordBatchHeader,
  type TimestampType,
} from "./batch-header.ts";
export { RECORD_BATCH_OVERHEAD } from "./batch-layout.ts";
export { crc32c } from "./crc32c.ts";
export {
  DEFAULT_MAX_UNCOMPRESSED_BYTES,
  type DecodeOptions,
  decodeRecordBatch,
} from "./decode-record-batch.ts";
export type { EncodeOptions } from "./encode-options.ts";
export { encodeRecordBatch } from "./encode-record-batch.ts";
export type { DecodedRecord, RecordHeader, RecordInput } from "./record.ts";
export { RecordBatchBuilder, type RecordBatchBuilderOptions } from "./record-batch-builder.ts";
export {
  RecordBatchError,
  type RecordBatchErrorCode,
  type RecordBatchErrorDetails,
} from "./record-batch-error.ts";
export { recordBytes, recordBytesUpperBound } from "./record-size.ts";
