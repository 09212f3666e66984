import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";

test("bytes go through base64 and back", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(new Uint8Array(fromBase64(toBase64(bytes))!)).toEqual(bytes);
    }),
  );
});

test.each(["A", "AA", "AAA", "A===", "AA=A", "A-A_", "AA AA", "AAAA\n", "é"])("%j is not base64", (text) => {
  expect(fromBase64(text)).toBeNull();
});
