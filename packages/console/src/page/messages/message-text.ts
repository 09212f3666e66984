import { keyBytes, valueBytes } from "@tidegate/client";
import type { StoredMessage } from "@tidegate/contracts";
import { hexText } from "../format/hex.ts";

const previewCharacters = 240;
const previewBytes = 24;

/** What kind of value a message has, as it is shown. */
export type ValueKind = "none" | "json" | "text" | "bytes";

export function kindOf(message: StoredMessage): ValueKind {
  if (message.valueBase64 === null) return "none";
  if (message.valueBase64 !== undefined) return "bytes";
  const type =
    Object.entries(message.headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  return typeof message.value === "string" && /^\s*text\//i.test(type) ? "text" : "json";
}

/** The beginning of a value, in one line. */
export function previewOf(message: StoredMessage): string {
  const kind = kindOf(message);
  if (kind === "none") return "";
  if (kind === "bytes") {
    const bytes = valueBytes(message)!.subarray(0, previewBytes);
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
  const text = kind === "text" ? (message.value as string) : JSON.stringify(message.value);
  return text.slice(0, previewCharacters).replace(/\s+/g, " ");
}

/** A value as it is read: JSON indented, bytes in hex. */
export function fullText(message: StoredMessage): string {
  const kind = kindOf(message);
  if (kind === "none") return "";
  if (kind === "bytes") return hexText(valueBytes(message)!);
  return kind === "text" ? (message.value as string) : JSON.stringify(message.value, null, 2);
}

/** A key in one line; null when there is none. */
export function keyText(message: StoredMessage): string | null {
  if (typeof message.key === "string") return message.key;
  const bytes = keyBytes(message);
  return bytes === null ? null : `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Of a value as it came over the wire. */
export function sizeOf(message: StoredMessage): number {
  return valueBytes(message)?.length ?? 0;
}
