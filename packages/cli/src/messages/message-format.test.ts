import { expect, test } from "vitest";
import { type FormatName, formatOf } from "./message-format.ts";
import type { ReadMessage } from "./message-port.ts";

const message = (key: number[] | null, value: number[] | null): ReadMessage => ({
  ...{ partition: 0, offset: 0 },
  key: () => (key === null ? null : Uint8Array.from(key)),
  value: () => (value === null ? null : Uint8Array.from(value)),
  shown: () => ({ offset: 0, timestamp: 0, headers: {} }),
});

function shown(name: FormatName, messages: readonly ReadMessage[], keySeparator = "\t"): string {
  return Buffer.from(formatOf(name, { topic: "t", keySeparator, isTerminal: false })(messages)).toString(
    "latin1",
  );
}

test("text is printed as it is, other bytes in base64, and of one message neither because of another", () => {
  const text = message([0x6b], [0xc3, 0xa4]);
  const bytes = message([0xff], [0xfe]);
  expect(shown("value", [text, bytes, text])).toBe("\xc3\xa4\n/g==\n\xc3\xa4\n");
  expect(shown("key-value", [text, bytes])).toBe("k\t\xc3\xa4\n/w==\t/g==\n");
  expect(shown("raw", [text, bytes])).toBe("\xc3\xa4\xfe");
});

test("two halves of a character are bytes, though together they would be text", () => {
  const halves = message([0xc3], [0xa4]);
  expect(shown("key-value", [halves], "")).toBe("ww==pA==\n");
  expect(shown("value", [message(null, [0xc3]), message(null, [0xa4])])).toBe("ww==\npA==\n");
});

test("what is absent is nothing", () => {
  expect(shown("key-value", [message(null, null), message(null, [])])).toBe("\t\n\t\n");
  expect(shown("value", [])).toBe("");
});
