const encoder = new TextEncoder();
/** A byte order mark is part of a key; bytes that are no UTF-8 become U+FFFD, as in Kafka's own client. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Longer keys are rarely repeated. */
const MAX_REMEMBERED_BYTES = 48;

/**
 * ASCII keys seen before, each in the one slot that its bytes choose. Header keys are few and come with every message:
 * to compare with the former text takes a quarter of the time of decoding, and the same text is held only once.
 */
const remembered: string[] = new Array<string>(64).fill("");

/** Bytes of the text in UTF-8. A lone surrogate counts as U+FFFD, which is how it is written. */
export function utf8Bytes(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return encoder.encode(text).length;
  }
  return text.length;
}

/** Writes the text in UTF-8, which takes `byteLength` bytes, and returns the position after it. */
export function writeUtf8(out: Uint8Array, at: number, text: string, byteLength: number): number {
  if (byteLength !== text.length) out.set(encoder.encode(text), at);
  else for (let i = 0; i < byteLength; i++) out[at + i] = text.charCodeAt(i);
  return at + byteLength;
}

/** The text that the bytes from `start` up to `end` hold in UTF-8. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return "";
  if (length > MAX_REMEMBERED_BYTES) return decoder.decode(bytes.subarray(start, end));
  const slot = (length * 7 + bytes[start]! * 31 + bytes[end - 1]! * 13) & (remembered.length - 1);
  const known = remembered[slot]!;
  if (known.length === length) {
    let same = 0;
    while (same < length && known.charCodeAt(same) === bytes[start + same]) same++;
    if (same === length) return known;
  }
  const text = decoder.decode(bytes.subarray(start, end));
  if (isAscii(bytes, start, end)) remembered[slot] = text;
  return text;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i]! > 0x7f) return false;
  }
  return true;
}
