import { utf8Bytes, writeUtf8 } from "./header-key-text.ts";
import type { RecordHeader, RecordInput } from "./record.ts";
import { writeVarint, writeVarlong } from "./varint.ts";

/** Up to this length a loop is faster than the call into `Uint8Array.prototype.set`. */
const COPIED_BY_LOOP = 24;

/**
 * Writes a record and returns the position after it.
 *
 * The caller has sized it (`recordBodyBytes` of the same arguments), which is also what checks it, and made room.
 *
 * Source: Kafka protocol guide, "Record" and "Record Header".
 */
export function writeRecord(
  out: Uint8Array,
  at: number,
  record: RecordInput,
  bodyBytes: number,
  offsetDelta: number,
  timestampDelta: number,
): number {
  let next = writeVarint(out, at, bodyBytes);
  out[next++] = 0; // attributes, of which none is defined for a record
  next = writeVarlong(out, next, timestampDelta);
  next = writeVarint(out, next, offsetDelta);
  next = writeNullable(out, next, record.key);
  next = writeNullable(out, next, record.value);
  const { headers } = record;
  if (headers !== undefined && headers.length !== 0) return writeHeaders(out, next, headers);
  out[next] = 0;
  return next + 1;
}

function writeHeaders(out: Uint8Array, at: number, headers: readonly RecordHeader[]): number {
  let next = writeVarint(out, at, headers.length);
  for (let i = 0; i < headers.length; i++) {
    const { key, value } = headers[i]!;
    const keyBytes = utf8Bytes(key);
    next = writeVarint(out, next, keyBytes);
    next = writeUtf8(out, next, key, keyBytes);
    next = writeNullable(out, next, value);
  }
  return next;
}

function writeNullable(out: Uint8Array, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) {
    out[at] = 1; // the zigzag form of -1
    return at + 1;
  }
  const { byteLength } = bytes;
  const next = writeVarint(out, at, byteLength);
  if (byteLength > COPIED_BY_LOOP) out.set(bytes, next);
  else for (let i = 0; i < byteLength; i++) out[next + i] = bytes[i]!;
  return next + byteLength;
}
