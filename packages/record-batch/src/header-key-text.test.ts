import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readUtf8, utf8Bytes, writeUtf8 } from "./header-key-text.ts";

describe("header keys", () => {
  it("come back as they were, seen before or not", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 70 }), fc.string({ unit: "binary", maxLength: 30 })),
        (text) => {
          const length = utf8Bytes(text);
          const out = new Uint8Array(length + 4);
          expect(writeUtf8(out, 2, text, length)).toBe(length + 2);
          expect(readUtf8(out, 2, length + 2)).toBe(text);
          expect(readUtf8(out, 2, length + 2)).toBe(text);
          expect(length).toBe(Buffer.byteLength(text));
        },
      ),
    );
  });

  it("are told apart when they share a slot", () => {
    const keys = ["a-1-z", "a-2-z", "a-3-z"].map((key) => Buffer.from(key));
    for (let round = 0; round < 3; round++) {
      expect(keys.map((key) => readUtf8(key, 0, 5))).toEqual(["a-1-z", "a-2-z", "a-3-z"]);
    }
  });

  it("are not taken for a remembered one by their code units", () => {
    expect(readUtf8(Buffer.from("é"), 0, 2)).toBe("é");
    expect(readUtf8(Uint8Array.of(0xe9), 0, 1)).toBe("\ufffd");
  });

  it("keep a byte order mark; bytes that are no UTF-8, and lone surrogates, become U+FFFD", () => {
    expect(readUtf8(Buffer.from("\ufeffk"), 0, 4)).toBe("\ufeffk");
    expect(readUtf8(Uint8Array.of(0x6b, 0xff), 0, 2)).toBe("k\ufffd");
    expect(utf8Bytes("\ud800")).toBe(3);
  });
});
