const encoder = new TextEncoder();
/** A byte order mark is part of a key; bytes that are no UTF-8 become U+FFFD, as in Kafka's own client. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

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
  return decoder.decode(bytes.subarray(start, end));
}
