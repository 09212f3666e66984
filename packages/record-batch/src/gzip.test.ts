import { constants, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectError, succeeds } from "../fixtures/expect-error.ts";
import { gunzip, gzip } from "./gzip.ts";

const MIB = 1024 * 1024;
const plain = Buffer.from("to and fro, ".repeat(3000));

/** A member of `mib` MiB of zeros, at 1 KiB for each, that claims to hold `claimed` bytes. */
function bomb(mib: number, claimed: number): Uint8Array {
  const segment = deflateRawSync(new Uint8Array(MIB), { finishFlush: constants.Z_FULL_FLUSH });
  const end = Buffer.alloc(2 + 8);
  end[0] = 0x03; // a last block, empty
  end.writeUInt32LE(claimed, 6);
  return Buffer.concat([gzip(new Uint8Array(0)).subarray(0, 10), ...new Array(mib).fill(segment), end]);
}

describe("gunzip", () => {
  it("reads what zlib writes, at every level and strategy", () => {
    const random = Uint8Array.from(
      { length: 200_000 },
      (_, i) => (Math.imul(i, 2654435761) >>> 13) ^ (i >> 3),
    );
    for (const bytes of [plain, random, new Uint8Array(300_000), new Uint8Array(0), Buffer.from("x")]) {
      for (const level of [0, 1, 6, 9]) {
        for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_FIXED]) {
          const packed = gzipSync(bytes, { level, strategy });
          expect(Buffer.compare(gunzip(packed, bytes.length), bytes)).toBe(0);
        }
      }
    }
  });

  it("reads what gzip writes, the same each time", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000, size: "max" }), (bytes) => {
        const packed = gzip(bytes);
        expect(gzip(bytes)).toEqual(packed);
        expect(Buffer.compare(gunzip(packed, bytes.length), bytes)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("steps over the optional fields", () => {
    const [head, rest] = [gzip(plain).slice(0, 10), gzip(plain).subarray(10)];
    head[3] = 0x02 | 0x04 | 0x08 | 0x10;
    const packed = Buffer.concat([head, Buffer.from("\x03\x00abcname\0comment\0hc", "latin1"), rest]);
    expect(Buffer.compare(gunzip(packed, plain.length), plain)).toBe(0);
    for (let length = 0; length < 40; length++)
      expect(succeeds(() => gunzip(packed.subarray(0, length), 9999))).toBe(false);
  });

  it("takes exactly the bound and no byte more", () => {
    expect(gunzip(gzip(plain), plain.length).length).toBe(plain.length);
    expectError("TOO_LARGE", () => gunzip(gzip(plain), plain.length - 1));
  });

  it.each([
    ["says what it is", 512 * MIB],
    ["claims to be small", 1000],
    ["claims to be within the bound", 2 * MIB],
  ])("does not unpack a bomb that %s", (_name, claimed) => {
    const packed = bomb(512, claimed);
    const before = process.resourceUsage().maxRSS;
    const started = performance.now();
    const error = succeeds(() => gunzip(packed, 2 * MIB));
    expect(error).toBe(false);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(64);
  });

  it("reads the bomb's shape when it is within the bound", () => {
    const zeros = new Uint8Array(3 * MIB);
    const packed = Buffer.from(bomb(3, zeros.length));
    gzip(zeros)
      .subarray(-8, -4)
      .forEach((byte, i) => {
        packed[packed.length - 8 + i] = byte;
      });
    expect(Buffer.compare(gunzip(packed, zeros.length), zeros)).toBe(0);
  });

  it("does not wait for the end of a header field without end", () => {
    const named = (member: Uint8Array) => {
      const head = Uint8Array.from([31, 139, 8, 8, 0, 0, 0, 0, 0, 3]);
      return Buffer.concat([member, head, Buffer.alloc(8 * MIB, "name"), member.slice(-8)]);
    };
    for (const packed of [named(new Uint8Array(8)).subarray(8), named(gzip(Buffer.from("first")))]) {
      const started = performance.now();
      expectError("CORRUPT", () => gunzip(packed, 2 * MIB));
      expect(performance.now() - started).toBeLessThan(20_000);
    }
  });

  it("refuses truncation at every byte, and any trailer that does not fit", () => {
    const packed = gzip(plain);
    for (let length = 0; length < packed.length; length++) {
      expect(succeeds(() => gunzip(packed.subarray(0, length), MIB))).toBe(false);
    }
    const wrongLength = packed.slice();
    wrongLength[packed.length - 4]! ^= 1;
    expectError("CORRUPT", () => gunzip(wrongLength, MIB));
    const wrongChecksum = packed.slice();
    wrongChecksum[packed.length - 8]! ^= 1;
    expectError("CHECKSUM_MISMATCH", () => gunzip(wrongChecksum, MIB));
    expectError("CORRUPT", () => gunzip(Buffer.concat([packed, packed]), MIB));
    const claimsMuch = gzip(new Uint8Array(1));
    new DataView(claimsMuch.buffer, claimsMuch.byteOffset).setUint32(claimsMuch.length - 4, MIB, true);
    expectError("CORRUPT", () => gunzip(claimsMuch, MIB));
  });

  it("ends in an error of its own for any change of any byte", () => {
    const packed = gzip(plain.subarray(0, 400));
    for (let at = 0; at < packed.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = packed.slice();
        changed[at]! ^= 1 << bit;
        succeeds(() => gunzip(changed, MIB));
      }
    }
  });
});
