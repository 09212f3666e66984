import { publishMessage } from "@tidegate/contracts";
import { expect, test } from "vitest";
import { keyBytes, valueBytes } from "./message-bytes.ts";
import { toWire } from "./outgoing-message.ts";

const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7) % 256);
const base64 = Buffer.from(bytes).toString("base64");

test("bytes travel in base64, dates as milliseconds, everything else as it is", () => {
  const wire = toWire(
    {
      key: bytes.subarray(0, 3),
      value: bytes,
      headers: { "content-type": "image/png", digest: bytes.subarray(0, 2) },
      deliverAt: new Date(1_700_000_000_000),
      partition: 3,
    },
    "nonce-0",
  );
  expect(wire).toEqual({
    keyBase64: "AAcO",
    valueBase64: base64,
    headers: { "content-type": "image/png" },
    headersBase64: { digest: "AAc=" },
    deliverAt: 1_700_000_000_000,
    partition: 3,
    idempotencyKey: "nonce-0",
  });
  expect(publishMessage.parse(wire)).toEqual(wire);
});

test("what the contract knows passes through, and a key of one's own is kept", () => {
  const message = { key: "ada", valueBase64: null, idempotencyKey: "mine" };
  expect(toWire(message, "nonce-0")).toEqual(message);
  expect(toWire({ value: null }, null)).toEqual({ value: null });
});

test("received values and keys give their bytes back in each form", () => {
  const message = { offset: 0, timestamp: 0, headers: {} };
  expect(valueBytes({ ...message, valueBase64: base64 })).toEqual(bytes);
  expect(valueBytes({ ...message, valueBase64: null })).toBeNull();
  const json = { ...message, headers: { "content-type": "application/json" } };
  expect(text(valueBytes({ ...json, value: { a: "ü" } }))).toBe('{"a":"ü"}');
  expect(text(valueBytes({ ...json, value: "ü" }))).toBe('"ü"');
  expect(text(valueBytes({ ...json, value: null }))).toBe("null");
  expect(text(valueBytes({ ...message, headers: { "Content-Type": "text/plain" }, value: "ü" }))).toBe("ü");
  expect(text(keyBytes({ ...message, key: "ü" }))).toBe("ü");
  expect(keyBytes({ ...message, keyBase64: "AAcO" })).toEqual(bytes.subarray(0, 3));
  expect(keyBytes({ ...message, key: null })).toBeNull();
});

function text(value: Uint8Array | null): string | null {
  return value && new TextDecoder().decode(value);
}
