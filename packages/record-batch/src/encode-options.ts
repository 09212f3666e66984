import { checkOffset, type TimestampType } from "./batch-header.ts";
import { RecordBatchError } from "./record-batch-error.ts";

/** What a batch says about itself besides its records. */
export interface EncodeOptions {
  /** Default `none`. A batch that gzip does not make smaller stays uncompressed, and says so in its header. */
  readonly compression?: "none" | "gzip";
  /** Offset of the first record. Default 0; `patchBaseOffset` sets it later. */
  readonly baseOffset?: number;
  /** Of an idempotent producer, a 64-bit integer. Default -1, none. */
  readonly producerId?: bigint | number;
  /** 16-bit integer. Default -1, none. */
  readonly producerEpoch?: number;
  /** Sequence number of the first record, a 32-bit integer. Default -1, none. */
  readonly baseSequence?: number;
  /** `append`: a reader sees the largest timestamp in every record. Default `create`: each record has its own. */
  readonly timestampType?: TimestampType;
  /** 32-bit integer. Default -1, unknown, as producers send it. */
  readonly partitionLeaderEpoch?: number;
}

/** The options with their defaults, checked. */
export interface EncodeSettings {
  readonly compression: "none" | "gzip";
  readonly baseOffset: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly timestampType: TimestampType;
  readonly partitionLeaderEpoch: number;
}

/** @throws RecordBatchError INVALID, or UNSUPPORTED for a codec that is not written here; both name the option */
export function encodeSettings(options: EncodeOptions): EncodeSettings {
  const { compression = "none", baseOffset = 0, timestampType = "create" } = options;
  if (compression !== "none" && compression !== "gzip") {
    throw new RecordBatchError(
      "UNSUPPORTED",
      `compression ${compression} is not written, only none and gzip`,
    );
  }
  if (timestampType !== "create" && timestampType !== "append") {
    throw new RecordBatchError("INVALID", 'timestampType must be "create" or "append"', {
      field: "timestampType",
    });
  }
  checkOffset(baseOffset, "baseOffset");
  return {
    compression,
    baseOffset,
    producerId: producerIdOf(options.producerId),
    producerEpoch: integerOf("producerEpoch", options.producerEpoch, 16),
    baseSequence: integerOf("baseSequence", options.baseSequence, 32),
    timestampType,
    partitionLeaderEpoch: integerOf("partitionLeaderEpoch", options.partitionLeaderEpoch, 32),
  };
}

function producerIdOf(value: bigint | number = -1): bigint {
  if (value === -1) return -1n;
  if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new RecordBatchError("INVALID", "producerId must be a 64-bit integer", { field: "producerId" });
}

function integerOf(field: string, value: number | undefined, bits: 16 | 32): number {
  if (value === undefined) return -1;
  const limit = 2 ** (bits - 1);
  if (Number.isInteger(value) && value >= -limit && value < limit) return value;
  throw new RecordBatchError("INVALID", `${field} must be a ${bits}-bit integer`, { field, found: value });
}
