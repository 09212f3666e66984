import type { StoredMessage } from "@tidegate/contracts";
import { fromBase64 } from "./base64.ts";

const utf8 = new TextEncoder();

/**
 * The value of a message as bytes: null when it has none. A JSON value is written anew, so that its spacing may
 * differ from what was published.
 */
export function valueBytes(message: StoredMessage): Uint8Array | null {
  if (message.valueBase64 === null) return null;
  if (message.valueBase64 !== undefined) return fromBase64(message.valueBase64);
  if (message.value === undefined) return null;
  const isText = typeof message.value === "string" && !isJson(message.headers);
  return utf8.encode(isText ? (message.value as string) : JSON.stringify(message.value));
}

/** The key of a message as bytes: null when it has none. */
export function keyBytes(message: StoredMessage): Uint8Array | null {
  if (message.keyBase64 !== undefined) return fromBase64(message.keyBase64);
  return typeof message.key === "string" ? utf8.encode(message.key) : null;
}

/** Whether the `value` of a message came as JSON, and a string of it with its quotes; otherwise it is text. */
export function isJson(headers: Readonly<Record<string, string>>): boolean {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === "content-type") return !/^\s*text\//i.test(value);
  }
  return true;
}
