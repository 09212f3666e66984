/**
 * Zigzag varints as records use them: seven bits a byte, the least significant first.
 *
 * Source: Kafka protocol guide, "Protocol Primitive Types" (VARINT, VARLONG), after Protocol Buffers.
 */

/** Within these bounds (both included) the zigzag form fits into 32 bits. */
const INT32_MIN = -0x80000000;
const INT32_MAX = 0x7fffffff;

/** Bytes that `value`, a signed 32-bit integer, takes. */
export function varintBytes(value: number): number {
  return unsignedVarintBytes((value << 1) ^ (value >> 31));
}

function unsignedVarintBytes(bits: number): number {
  return ((38 - Math.clz32(bits | 1)) / 7) | 0;
}

/** Bytes that `value`, a safe integer, takes. */
export function varlongBytes(value: number): number {
  if (value >= INT32_MIN && value <= INT32_MAX) return varintBytes(value);
  let bytes = 1;
  for (let rest = zigzag(value) >> 7n; rest !== 0n; rest >>= 7n) bytes++;
  return bytes;
}

/** Writes a signed 32-bit integer and returns the position after it. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let bits = (value << 1) ^ (value >> 31);
  let next = at;
  while ((bits & ~0x7f) !== 0) {
    out[next++] = bits | 0x80;
    bits >>>= 7;
  }
  out[next++] = bits;
  return next;
}

/** Writes a safe integer and returns the position after it. */
export function writeVarlong(out: Uint8Array, at: number, value: number): number {
  if (value >= INT32_MIN && value <= INT32_MAX) return writeVarint(out, at, value);
  let next = at;
  let rest = zigzag(value);
  for (; rest > 0x7fn; rest >>= 7n) out[next++] = Number(rest & 0x7fn) | 0x80;
  out[next++] = Number(rest);
  return next;
}

/** The zigzag form of a safe integer needs 54 bits, one more than a number has. */
function zigzag(value: number): bigint {
  const wide = BigInt(value);
  return (wide << 1n) ^ (wide >> 63n);
}
