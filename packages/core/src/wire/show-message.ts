import type { DeliveredMessage, StoredMessage } from "@tidegate/contracts";
import type { MessageHeader } from "../append/message.ts";
import type { DeliveredMessage as Delivered } from "../groups/lease.ts";
import type { StoredMessage as Stored } from "../read/read-log.ts";
import { toBase64 } from "./base64.ts";
import { holdsAllNumbers, isTooDeep } from "./held-numbers.ts";
import { valueFormOf } from "./value-form.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A message of the log as the wire shows it: the contract's `storedMessage`. */
export function showMessage(message: Stored): StoredMessage {
  const shown: StoredMessage = { offset: message.offset, timestamp: message.timestamp, headers: {} };
  showKey(message.key, shown);
  const contentType = showHeaders(message.headers, shown);
  showValue(message.value, contentType, shown);
  return shown;
}

/** A message of a lease as the wire shows it. */
export function showDelivered(message: Delivered): DeliveredMessage {
  const shown = showMessage(message) as DeliveredMessage;
  shown.attempt = message.attempt;
  return shown;
}

function showKey(key: Uint8Array | null, shown: StoredMessage): void {
  if (key === null) {
    shown.key = null;
    return;
  }
  const text = decodeUtf8(key);
  if (text === null) shown.keyBase64 = toBase64(key);
  else shown.key = text;
}

/** Fills the headers in and returns their content type. A null prototype, so that any name is an own property. */
function showHeaders(headers: readonly MessageHeader[], shown: StoredMessage): string | null {
  let contentType: string | null = null;
  const texts: Record<string, string> = Object.create(null);
  let binaries: Record<string, string> | null = null;
  for (const header of headers) {
    const text = header.value === null ? "" : decodeUtf8(header.value);
    if (text !== null) texts[header.key] = text;
    else {
      binaries ??= Object.create(null) as Record<string, string>;
      binaries[header.key] = toBase64(header.value!);
    }
    if (text !== null && header.key.length === 12 && header.key.toLowerCase() === "content-type")
      contentType = text;
  }
  shown.headers = texts;
  if (binaries !== null) shown.headersBase64 = binaries;
  return contentType;
}

/** The value in the form of its content type, or in base64 where that form would change it. */
function showValue(value: Uint8Array | null, contentType: string | null, shown: StoredMessage): void {
  if (value === null) {
    shown.valueBase64 = null;
    return;
  }
  const form = contentType === null ? "bytes" : valueFormOf(contentType);
  const text = form === "bytes" ? null : decodeUtf8(value);
  if (form === "text" && text !== null) shown.value = text;
  else if (form === "json" && text !== null && showJson(text, shown)) return;
  else shown.valueBase64 = toBase64(value);
}

function showJson(text: string, shown: StoredMessage): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isTooDeep(parsed) || !holdsAllNumbers(text)) return false;
    shown.value = parsed;
    return true;
  } catch {
    return false;
  }
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
