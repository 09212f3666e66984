import { expect, test } from "vitest";
import { sipHash128 } from "./siphash.ts";

// `vectors_sip128` of the reference implementation (veorq/SipHash, vectors.h): key 00..0f, input 00, 01, 02, ...
test.each([
  [0, "a3817f04ba25a8e66df67214c7550293"],
  [8, "3b62a9ba6258f5610f83e264f31497b4"],
  [16, "6ee2a4ca67b054bbfd3315bf85230577"],
  [24, "2db479ae78bd50d8882a8a178a6132ad"],
  [40, "df6a301e95c95dad97ae0cc8c6913bd8"],
])("the reference vector of %i bytes", (length, expected) => {
  const bytes = Uint8Array.from({ length: 64 }, (_, index) => index);
  const words = new Uint32Array(bytes.buffer);
  const tag = new Uint32Array(4);
  sipHash128(words.slice(0, 4), words.slice(0, length / 4), tag);
  expect(Buffer.from(tag.buffer).toString("hex")).toBe(expected);
});
