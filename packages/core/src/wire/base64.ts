import { Buffer } from "node:buffer";

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/** The bytes of a text in base64 with padding (RFC 4648, section 4), or null when it is not that. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !alphabet.test(text)) return null;
  return Buffer.from(text, "base64");
}

/** Bytes as base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
