import { Buffer } from "node:buffer";
import { limits, moment, momentToMs, TidegateError } from "@tidegate/contracts";
import {
  fromBase64,
  isTooDeep,
  type MessageHeader,
  type OutgoingMessage,
  tooDeep,
  valueFormOf,
} from "@tidegate/core";

/** Thrown where a body does not pass the check by hand; the schema then says why. */
export const malformed = Symbol("malformed");

type Fields = Record<string, unknown>;

/** A message while it is put together. */
type Draft = { -readonly [field in keyof OutgoingMessage]: OutgoingMessage[field] };

const messageFields = new Set([
  "key",
  "keyBase64",
  "value",
  "valueBase64",
  "headers",
  "headersBase64",
  "partition",
  "delayMs",
  "deliverAt",
  "idempotencyKey",
  "admission",
]);

/** The header of a message that carries a JSON value. */
export const jsonContentType: MessageHeader = { key: "content-type", value: Buffer.from("application/json") };
const onlyJsonContentType: readonly MessageHeader[] = [jsonContentType];

/** One message of a publish. Throws `malformed`, or an error that the schema cannot see (encoding, depth). */
export function readMessage(input: unknown, index: number): OutgoingMessage {
  if (typeof input !== "object" || input === null || Array.isArray(input)) throw malformed;
  const fields = input as Fields;
  for (const name in fields) if (!messageFields.has(name)) throw malformed;
  const message = readContent(fields, index);
  const { key, keyBase64, partition, delayMs, deliverAt, idempotencyKey } = fields;
  if (typeof key === "string") {
    if (keyBase64 !== undefined) throw malformed;
    message.key = encodeText(key, index, "key");
  } else if (key !== undefined && key !== null) throw malformed;
  if (keyBase64 !== undefined && typeof key !== "string") message.key = readBase64(keyBase64);
  if (partition !== undefined) message.partition = readWholeNumber(partition, limits.partitions - 1);
  if (delayMs !== undefined) message.delayMs = readWholeNumber(delayMs, limits.delayMs);
  if (deliverAt !== undefined) message.deliverAt = readMoment(deliverAt, delayMs);
  if (idempotencyKey !== undefined) message.idempotencyKey = readIdempotencyKey(idempotencyKey, index);
  return message;
}

/** The value and the headers, which say how to show it. */
function readContent(fields: Fields, index: number): Draft {
  const { value, valueBase64, headers, headersBase64 } = fields;
  if ((value === undefined) === (valueBase64 === undefined)) throw malformed;
  if (headers === undefined && headersBase64 === undefined) {
    if (value === undefined) return { value: readNullableBase64(valueBase64) };
    return { value: encodeJson(value, index), headers: onlyJsonContentType };
  }
  const list: MessageHeader[] = [];
  const contentType = headers === undefined ? null : readHeaders(headers, list, index);
  if (headersBase64 !== undefined) readHeadersBase64(headersBase64, list);
  if (value === undefined) return { value: readNullableBase64(valueBase64), headers: list };
  if (contentType === null) list.push(jsonContentType);
  return { value: encodeValue(value, contentType, index), headers: list };
}

/** Appends the headers to the list and returns their content type. */
function readHeaders(headers: unknown, list: MessageHeader[], index: number): string | null {
  let contentType: string | null = null;
  const fields = asFields(headers);
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (typeof value !== "string" || name.length === 0) throw malformed;
    if (!name.isWellFormed()) throw notUnicode(`messages[${index}].headers`);
    list.push({ key: name, value: encodeText(value, index, `headers.${name}`) });
    if (name.length === 12 && name.toLowerCase() === "content-type") contentType = value;
  }
  return contentType;
}

function readHeadersBase64(headers: unknown, list: MessageHeader[]): void {
  const fields = asFields(headers);
  for (const name of Object.keys(fields)) {
    if (name.length === 0) throw malformed;
    list.push({ key: name, value: readBase64(fields[name]) });
  }
}

function asFields(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed;
  return value as Fields;
}

function encodeValue(value: unknown, contentType: string | null, index: number): Uint8Array {
  const form = contentType === null ? "json" : valueFormOf(contentType);
  if (form === "json") return encodeJson(value, index);
  if (form === "text" && typeof value === "string") return encodeText(value, index, "value");
  const field = `messages[${index}].value`;
  throw new TidegateError(
    "INVALID",
    form === "text"
      ? `${field} must be a string where content-type is ${contentType}`
      : `${field} cannot be of content-type ${contentType}: send it as valueBase64`,
    { field },
  );
}

function encodeJson(value: unknown, index: number): Uint8Array {
  if (isTooDeep(value)) throw tooDeep(`messages[${index}].value`);
  return Buffer.from(JSON.stringify(value));
}

function encodeText(text: string, index: number, field: string): Uint8Array {
  if (!text.isWellFormed()) throw notUnicode(`messages[${index}].${field}`);
  return Buffer.from(text);
}

/** A lone surrogate has no UTF-8 form: two different texts would become the same bytes. */
function notUnicode(field: string): TidegateError {
  return new TidegateError("INVALID", `${field} holds a lone surrogate, which UTF-8 cannot express`, {
    field,
  });
}

function readBase64(value: unknown): Uint8Array {
  const bytes = typeof value === "string" ? fromBase64(value) : null;
  if (bytes === null) throw malformed;
  return bytes;
}

function readNullableBase64(value: unknown): Uint8Array | null {
  return value === null ? null : readBase64(value);
}

function readWholeNumber(value: unknown, maximum: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > maximum) throw malformed;
  return value;
}

function readMoment(value: unknown, delayMs: unknown): number {
  const parsed = moment.safeParse(value);
  if (!parsed.success || delayMs !== undefined) throw malformed;
  return momentToMs(parsed.data);
}

function readIdempotencyKey(value: unknown, index: number): string {
  if (typeof value !== "string" || value.length === 0 || value.length > limits.idempotencyKeyBytes)
    throw malformed;
  if (!value.isWellFormed()) throw notUnicode(`messages[${index}].idempotencyKey`);
  return value;
}

/** The admission that a message of a publish carries, if any. Throws `malformed`. */
export function readAdmission(input: unknown): string | undefined {
  const { admission } = input as Fields;
  if (admission === undefined) return undefined;
  if (typeof admission !== "string" || admission.length === 0 || admission.length > limits.lineTokenLength)
    throw malformed;
  return admission;
}
