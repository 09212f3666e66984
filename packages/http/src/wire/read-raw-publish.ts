import { Buffer } from "node:buffer";
import { limits, TidegateError } from "@tidegate/contracts";
import type { OutgoingMessage } from "@tidegate/core";
import type { Call } from "../call.ts";
import type { Publish } from "./read-publish.ts";

/** The request headers that stand for the fields of a message whose value is the body. */
export const rawFieldHeaders = {
  "Tidegate-Key": "Key of a message whose value is the body: visible ASCII.",
  "Tidegate-Delay-Ms": "Delay in milliseconds of a message whose value is the body.",
  "Idempotency-Key": "Idempotency key of a message whose value is the body: visible ASCII.",
  "Tidegate-Admission": "Admission of a message whose value is the body, where its topic has a waiting line.",
} as const;

const names = Object.keys(rawFieldHeaders) as (keyof typeof rawFieldHeaders)[];
const visibleAscii = /^[\x20-\x7e]+$/;
/** A comma that no quotes hold: the header stands there twice, or is a list, which it cannot be. */
const isList = /^(?:[^",]|"(?:[^"\\]|\\.)*")*,/;

/** A publish of one message whose value is the body as it came, with its content type as the header `content-type`. */
export function readRawPublish(call: Call, contentType: string | null, body: Uint8Array): Publish {
  const encoding = call.header("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new TidegateError("INVALID", "Content-Encoding is not taken: send the value as it is", {
      field: "Content-Encoding",
    });
  }
  const message: { -readonly [field in keyof OutgoingMessage]: OutgoingMessage[field] } = { value: body };
  if (contentType !== null && contentType !== "") {
    if (!visibleAscii.test(contentType)) throw notAscii("Content-Type");
    if (isList.test(contentType)) {
      throw new TidegateError(
        "INVALID",
        "Content-Type names several types: whether the body is JSON is not told",
        {
          field: "Content-Type",
        },
      );
    }
    message.headers = [{ key: "content-type", value: Buffer.from(contentType) }];
  }
  const key = textOf(call, "Tidegate-Key", limits.keyBytes);
  if (key !== null) message.key = Buffer.from(key);
  const idempotencyKey = textOf(call, "Idempotency-Key", limits.idempotencyKeyBytes);
  if (idempotencyKey !== null) message.idempotencyKey = idempotencyKey;
  const delay = call.header("tidegate-delay-ms");
  if (delay !== null) message.delayMs = readDelay(delay);
  const admission = textOf(call, "Tidegate-Admission", limits.lineTokenLength);
  return { messages: [message], acks: undefined, admissions: admission === null ? null : [admission] };
}

/** Refuses them beside the JSON envelope: ignored, an idempotency key would protect nothing. */
export function refuseRawFields(call: Call): void {
  for (const name of names) {
    if (call.header(name.toLowerCase()) === null) continue;
    throw new TidegateError("INVALID", `${name} belongs to a raw body; a JSON body has it in each message`, {
      field: name,
    });
  }
}

function textOf(call: Call, name: keyof typeof rawFieldHeaders, limit: number): string | null {
  const text = call.header(name.toLowerCase());
  if (text === null) return null;
  if (!visibleAscii.test(text)) throw notAscii(name);
  if (text.length <= limit) return text;
  throw new TidegateError("INVALID", `${name} is over ${limit} bytes`, { field: name, limit });
}

/** Runtimes differ in how they decode other bytes of a header. */
function notAscii(field: string): TidegateError {
  return new TidegateError("INVALID", `${field} must be visible ASCII; for anything else send a JSON body`, {
    field,
  });
}

function readDelay(text: string): number {
  const delayMs = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (delayMs <= limits.delayMs) return delayMs;
  throw new TidegateError("INVALID", `Tidegate-Delay-Ms must be from 0 to ${limits.delayMs}`, {
    field: "Tidegate-Delay-Ms",
    limit: limits.delayMs,
  });
}
