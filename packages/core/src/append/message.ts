import { limits, TidegateError } from "@tidegate/contracts";
import { crc32c } from "@tidegate/record-batch";
import { isTraceHeader } from "@tidegate/tracing";
import { onlyGroupHeader } from "../reserved-headers.ts";
import type { Admission } from "./admission.ts";

/** A name and a value that go with a message; keys may repeat, order is kept. */
export interface MessageHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A message on its way into the log. */
export interface OutgoingMessage {
  readonly key?: Uint8Array | null | undefined;
  readonly value: Uint8Array | null;
  readonly headers?: readonly MessageHeader[] | undefined;
  /** The partition to append to; else the key decides, else it is chosen. */
  readonly partition?: number | undefined;
  /** Wait so long before it enters the log, by Redis's clock; or until `deliverAt`. */
  readonly delayMs?: number | undefined;
  readonly deliverAt?: number | undefined;
  /** A repeat under the same key is answered with the first one's place. */
  readonly idempotencyKey?: string | undefined;
  /** Units of the gate's stock that it takes. Default 1. */
  readonly stockUnits?: number | undefined;
  /** For a topic with a waiting line: the admission that it uses up; `waived` for who needs none. */
  readonly admission?: Admission | "waived" | undefined;
}

const utf8 = new TextEncoder();

/**
 * Throws INVALID, MESSAGE_TOO_LARGE or PARTITION_NOT_FOUND, with the field and the limit, unless those of the messages can
 * be appended to a topic.
 */
export function checkMessages(
  messages: readonly OutgoingMessage[],
  indexes: readonly number[],
  topic: { readonly maxMessageBytes: number; readonly partitions: number },
): void {
  for (const index of indexes) checkMessage(messages[index]!, index, topic.maxMessageBytes, topic.partitions);
}

function checkMessage(
  message: OutgoingMessage,
  index: number,
  maxMessageBytes: number,
  partitions: number,
): void {
  const { key, value, headers, partition, idempotencyKey, stockUnits } = message;
  if (key && key.length > limits.keyBytes) throw tooLarge(`messages[${index}].key`, limits.keyBytes);
  if (value && value.length > maxMessageBytes) throw tooLarge(`messages[${index}].value`, maxMessageBytes);
  if (headers && headers.length > 0) checkHeaders(headers, index);
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition < partitions)) {
    throw new TidegateError("PARTITION_NOT_FOUND", `The topic has partitions 0 to ${partitions - 1}`, {
      field: `messages[${index}].partition`,
      limit: partitions - 1,
    });
  }
  if (idempotencyKey !== undefined) {
    const bytes =
      idempotencyKey.length * 3 > limits.idempotencyKeyBytes ? utf8.encode(idempotencyKey).length : 1;
    if (idempotencyKey === "" || bytes > limits.idempotencyKeyBytes) {
      throw invalid(
        `messages[${index}].idempotencyKey`,
        limits.idempotencyKeyBytes,
        "must have 1 to 256 bytes",
      );
    }
  }
  if (stockUnits !== undefined && !(Number.isSafeInteger(stockUnits) && stockUnits >= 0)) {
    throw invalid(`messages[${index}].stockUnits`, 0, "must be a whole number from 0");
  }
  if (message.delayMs !== undefined || message.deliverAt !== undefined) checkDelay(message, index);
}

function checkHeaders(headers: readonly MessageHeader[], index: number): void {
  const field = `messages[${index}].headers`;
  if (headers.length > limits.headers)
    throw invalid(field, limits.headers, `at most ${limits.headers} headers`);
  let sum = 0;
  for (const { key, value } of headers) {
    if (key === onlyGroupHeader) throw invalid(`${field}.${key}`, "reserved", "is Tidegate's own");
    const bytes = utf8Length(key) + (value?.length ?? 0);
    if (bytes > limits.headerBytes) throw tooLarge(`${field}.${key.slice(0, 64)}`, limits.headerBytes);
    sum += bytes;
  }
  if (sum > limits.headersBytes) throw tooLarge(field, limits.headersBytes);
}

/** Of a text of ASCII that is its length, which spares every message with headers an encoding of their names. */
function utf8Length(text: string): number {
  for (let index = 0; index < text.length; index += 1)
    if (text.charCodeAt(index) > 0x7f) return utf8.encode(text).length;
  return text.length;
}

function checkDelay({ delayMs, deliverAt }: OutgoingMessage, index: number): void {
  if (delayMs !== undefined && deliverAt !== undefined) {
    throw invalid(`messages[${index}].deliverAt`, "one of delayMs and deliverAt", "goes without delayMs");
  }
  if (
    delayMs !== undefined &&
    !(Number.isSafeInteger(delayMs) && delayMs >= 0 && delayMs <= limits.delayMs)
  ) {
    throw invalid(
      `messages[${index}].delayMs`,
      limits.delayMs,
      `must be a whole number from 0 to ${limits.delayMs}`,
    );
  }
  if (deliverAt !== undefined) {
    const latest = Date.now() + limits.delayMs;
    if (!(Number.isSafeInteger(deliverAt) && deliverAt >= 0 && deliverAt <= latest)) {
      throw invalid(
        `messages[${index}].deliverAt`,
        limits.delayMs,
        "must be a time in ms, at most a year ahead",
      );
    }
  }
}

/**
 * What tells a repeat of a message from another one under the same idempotency key: CRC-32C over key, value and
 * headers, with the value's length. Two different messages look alike once in four thousand million. Who repeats a message
 * does so in another trace: that makes it no other message.
 */
export function messageHash({ key, value, headers }: OutgoingMessage): string {
  let sum = key ? crc32c(key) : 0;
  for (const header of headers ?? []) {
    if (isTraceHeader(header.key)) continue;
    sum = crc32c(utf8.encode(`${header.key}\0`), sum);
    if (header.value) sum = crc32c(header.value, sum);
  }
  if (value) sum = crc32c(value, sum);
  return `${(sum >>> 0).toString(36)}.${value ? value.length : "n"}`;
}

function tooLarge(field: string, limit: number): TidegateError {
  return new TidegateError("MESSAGE_TOO_LARGE", `${field} may have at most ${limit} bytes`, { field, limit });
}

function invalid(field: string, limit: number | string, what: string): TidegateError {
  return new TidegateError("INVALID", `${field} ${what}`, { field, limit });
}
