import { type PublishMessage, TidegateError } from "@tidegate/contracts";
import { toBase64 } from "./base64.ts";

/** A message to publish: the contract's, with bytes where the wire has base64. */
export interface OutgoingMessage extends Omit<PublishMessage, "key" | "value" | "headers" | "deliverAt"> {
  key?: string | Uint8Array | null;
  /** Bytes are stored as they are; anything else as JSON, or as text when a `content-type` of `text/*` is given. */
  value?: unknown;
  headers?: Record<string, string | Uint8Array>;
  deliverAt?: number | string | Date;
}

/** The message as the wire takes it; without a key of its own it gets `idempotencyKey`, unless that is null. */
export function toWire(message: OutgoingMessage, idempotencyKey: string | null): PublishMessage {
  const { key, value, headers, deliverAt, ...rest } = message;
  const wire: PublishMessage = rest;
  if (key instanceof Uint8Array) wire.keyBase64 = toBase64(key);
  else if (key !== undefined) wire.key = key;
  if (value instanceof Uint8Array) wire.valueBase64 = toBase64(value);
  else if (value !== undefined) wire.value = value;
  if (deliverAt !== undefined) wire.deliverAt = deliverAt instanceof Date ? deliverAt.getTime() : deliverAt;
  if (headers !== undefined) addHeaders(headers, wire);
  if (idempotencyKey !== null) wire.idempotencyKey ??= idempotencyKey;
  return wire;
}

function addHeaders(headers: Record<string, string | Uint8Array>, wire: PublishMessage): void {
  const texts: Record<string, string> = {};
  const binaries: Record<string, string> = { ...wire.headersBase64 };
  for (const [name, value] of Object.entries(headers)) {
    if (value instanceof Uint8Array) binaries[name] = toBase64(value);
    else texts[name] = value;
  }
  wire.headers = texts;
  if (Object.keys(binaries).length > 0) wire.headersBase64 = binaries;
}

/** The body as JSON. Throws INVALID for what JSON cannot hold: a cycle, a BigInt, NaN, which would become null. */
export function encodeBody(body: unknown): string {
  try {
    return JSON.stringify(body, refuseNonFinite);
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    const field = thrown instanceof NonFinite ? pathOfNonFinite(body) : "body";
    throw new TidegateError(
      "INVALID",
      `The request cannot be written as JSON: ${text}`,
      { field: field ?? "body" },
      thrown,
    );
  }
}

class NonFinite extends TypeError {}

function refuseNonFinite(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new NonFinite(`${name} is ${value}`);
  return value;
}

/** Where the first such number stands, as `messages[1].delayMs`. */
function pathOfNonFinite(value: unknown, path = ""): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : path;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${name}]` : path === "" ? name : `.${name}`;
    const found = pathOfNonFinite(inner, path + step);
    if (found !== undefined) return found;
  }
  return undefined;
}
