import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";

/** Bit by bit, straight from the definition. */
function reference(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("crc32c", () => {
  it.each([
    ["nothing", [], 0],
    ["the check string", [...Buffer.from("123456789")], 0xe3069283],
    // RFC 3720, B.4
    ["32 zeros", new Array(32).fill(0), 0x8a9136aa],
    ["32 ones", new Array(32).fill(0xff), 0x62a8ab43],
    ["ascending", Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["descending", Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    [
      "an iSCSI read command",
      [
        ...Buffer.from(
          `01c000000000000000000000000000001400000000000400000000140000001828${"0".repeat(14)}02${"0".repeat(14)}`,
          "hex",
        ),
      ],
      0xd9963a56,
    ],
  ])("gives the published value for %s", (_name, bytes, expected) => {
    expect(crc32c(Uint8Array.from(bytes))).toBe(expected);
  });

  it("agrees with the definition at every alignment and length", () => {
    const memory = Uint8Array.from({ length: 700 }, (_, i) => (i * 2654435761) >>> 11);
    for (let start = 0; start < 9; start++) {
      for (const length of [0, 1, 7, 8, 9, 31, 255, 256, 257, 258, 259, 260, 263, 271, 272, 273, 511, 640]) {
        const bytes = memory.subarray(start, start + length);
        expect(crc32c(bytes)).toBe(reference(bytes));
      }
    }
  });

  it("goes on from a seed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), (bytes, cut) => {
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
      }),
    );
  });
});
