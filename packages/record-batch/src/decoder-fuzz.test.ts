import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeOptions, records } from "../fixtures/arbitraries.ts";
import { succeeds } from "../fixtures/expect-error.ts";
import { rawBatch, withChecksum } from "../fixtures/raw-batch.ts";
import { readRecordBatchHeader } from "./batch-header.ts";
import { decodeRecordBatch } from "./decode-record-batch.ts";
import { encodeRecordBatch } from "./encode-record-batch.ts";
import { gzip } from "./gzip.ts";

const batch = fc.tuple(records, encodeOptions).map(([inputs, options]) => encodeRecordBatch(inputs, options));

/** Everything that reads, on the same bytes; any error but a RecordBatchError fails the test. */
function readAll(bytes: Uint8Array): void {
  succeeds(() => readRecordBatchHeader(bytes));
  succeeds(() => decodeRecordBatch(bytes));
  succeeds(() =>
    decodeRecordBatch(bytes, { verifyChecksum: false, fromOffset: 3, toOffset: 5, baseOffset: 1 }),
  );
  if (succeeds(() => decodeRecordBatch(bytes, { verifyChecksum: false, maxUncompressedBytes: 1_000_000 }))) {
    const { recordCount } = readRecordBatchHeader(bytes);
    expect(decodeRecordBatch(bytes, { verifyChecksum: false })).toHaveLength(recordCount);
  }
}

describe("only RecordBatchErrors escape the decoder", () => {
  it("on truncation at every byte", () => {
    fc.assert(
      fc.property(batch, (bytes) => {
        for (let length = 0; length < bytes.length; length++) {
          expect(succeeds(() => decodeRecordBatch(bytes.subarray(0, length)))).toBe(false);
          if (length < 61) continue;
          // The same, but with a header that knows it.
          const shorter = bytes.slice(0, length);
          new DataView(shorter.buffer).setInt32(8, length - 12);
          expect(succeeds(() => decodeRecordBatch(withChecksum(shorter)))).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("on every flipped bit, which the checksum finds", () => {
    fc.assert(
      fc.property(batch, (bytes) => {
        const changed = bytes.slice();
        for (let at = 0; at < bytes.length; at++) {
          const bit = 1 << (at % 8);
          changed[at]! ^= bit;
          // The base offset and the leader epoch are outside the checksum.
          if (at >= 17) expect(succeeds(() => decodeRecordBatch(changed))).toBe(false);
          readAll(changed);
          changed[at]! ^= bit;
        }
      }),
      { numRuns: 25 },
    );
  });

  it("on changed bytes under a checksum that fits", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(batch, changes, (bytes, places) => {
        const changed = bytes.slice();
        for (const [at, byte] of places) changed[17 + (at % (bytes.length - 17))] = byte;
        readAll(withChecksum(changed));
      }),
      { numRuns: 3000 },
    );
  });

  it("on random bytes, bare, as records, and as packed records", () => {
    const random = fc.uint8Array({ maxLength: 200, size: "max" });
    const varints = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(0x7f, 0x80, 0xff, 0x0f)),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(random, varints, fc.integer({ min: 0, max: 12 }), (bytes, numbers, count) => {
        readAll(bytes);
        readAll(rawBatch(bytes, { count }));
        readAll(rawBatch(numbers, { count }));
        readAll(rawBatch(bytes, { count, attributes: 1 }));
        readAll(rawBatch(gzip(Uint8Array.from(numbers)), { count, attributes: 1 }));
        readAll(rawBatch(Buffer.concat([gzip(bytes).subarray(0, 10), bytes]), { count, attributes: 1 }));
      }),
      { numRuns: 1500 },
    );
  });
});
