import { RecordBatchError } from "./record-batch-error.ts";

/** Reads a signed 32-bit integer. The caller has checked that four bytes are there. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/**
 * Reads a signed 64-bit integer. The caller has checked that eight bytes are there.
 *
 * @throws RecordBatchError UNSUPPORTED when a JavaScript number cannot hold it exactly
 */
export function readInt64(bytes: Uint8Array, at: number, field: string): number {
  const value = readInt32(bytes, at) * 0x100000000 + (readInt32(bytes, at + 4) >>> 0);
  if (Number.isSafeInteger(value)) return value;
  throw new RecordBatchError("UNSUPPORTED", `${field} is past 2^53 - 1 and cannot be held exactly`, {
    field,
  });
}

/** Reads a signed 64-bit integer of any size. The caller has checked that eight bytes are there. */
export function readBigInt64(bytes: Uint8Array, at: number): bigint {
  const high = readInt32(bytes, at);
  const low = readInt32(bytes, at + 4);
  if (high === -1 && low === -1) return -1n;
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

export function writeInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

/** Writes a safe integer. */
export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  writeInt32(bytes, at, Math.floor(value / 0x100000000));
  writeInt32(bytes, at + 4, value | 0);
}

export function writeBigInt64(bytes: Uint8Array, at: number, value: bigint): void {
  if (value === -1n) {
    writeInt32(bytes, at, -1);
    writeInt32(bytes, at + 4, -1);
    return;
  }
  writeInt32(bytes, at, Number(BigInt.asIntN(32, value >> 32n)));
  writeInt32(bytes, at + 4, Number(BigInt.asIntN(32, value)));
}
