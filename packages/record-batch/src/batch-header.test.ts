import { describe, expect, it } from "vitest";
import { expectError } from "../fixtures/expect-error.ts";
import { rawBatch } from "../fixtures/raw-batch.ts";
import { patchBaseOffset, readRecordBatchHeader } from "./batch-header.ts";
import { decodeRecordBatch } from "./decode-record-batch.ts";
import { encodeRecordBatch } from "./encode-record-batch.ts";

const value = Buffer.from("v");

describe("readRecordBatchHeader", () => {
  it("reads every field", () => {
    const records = [5, 9, 7].map((timestamp) => ({ key: null, value, timestamp }));
    const batch = encodeRecordBatch(records, {
      baseOffset: 2 ** 40 + 1,
      producerId: 2n ** 62n + 1n,
      producerEpoch: -2,
      baseSequence: 77,
      partitionLeaderEpoch: 12,
      timestampType: "append",
    });
    expect(readRecordBatchHeader(batch)).toMatchObject({
      baseOffset: 2 ** 40 + 1,
      byteLength: batch.length,
      partitionLeaderEpoch: 12,
      compression: "none",
      timestampType: "append",
      transactional: false,
      control: false,
      lastOffsetDelta: 2,
      baseTimestamp: 5,
      maxTimestamp: 9,
      producerId: 2n ** 62n + 1n,
      producerEpoch: -2,
      baseSequence: 77,
      recordCount: 3,
    });
  });

  it("has -1 for a producer that is not idempotent", () => {
    const header = readRecordBatchHeader(encodeRecordBatch([{ key: null, value, timestamp: 0 }]));
    expect(header).toMatchObject({ producerId: -1n, producerEpoch: -1, baseSequence: -1, baseOffset: 0 });
  });

  it("needs the header alone, and steps through batches end to end", () => {
    const one = encodeRecordBatch([{ key: null, value, timestamp: 0 }]);
    const two = encodeRecordBatch([{ key: null, value, timestamp: 0 }], { baseOffset: 1 });
    const both = Buffer.concat([one, two]);
    const { byteLength } = readRecordBatchHeader(both.subarray(0, 61));
    expect(readRecordBatchHeader(both.subarray(byteLength)).baseOffset).toBe(1);
  });

  it("tells flags and codecs", () => {
    expect(readRecordBatchHeader(rawBatch([], { attributes: 0x30 }))).toMatchObject({
      transactional: true,
      control: true,
    });
    const codecs = [0, 1, 2, 3, 4].map(
      (attributes) => readRecordBatchHeader(rawBatch([], { attributes })).compression,
    );
    expect(codecs).toEqual(["none", "gzip", "snappy", "lz4", "zstd"]);
    for (const attributes of [5, 6, 7]) {
      expectError("UNSUPPORTED", () => readRecordBatchHeader(rawBatch([], { attributes })));
    }
  });

  it("refuses what cannot be a header", () => {
    const batch = rawBatch([]);
    for (let length = 0; length < 61; length++) {
      expectError("TRUNCATED", () => readRecordBatchHeader(batch.subarray(0, length)));
    }
    for (const magic of [0, 1, 3, 255]) {
      const other = batch.slice(0, 17);
      other[16] = magic;
      expect(expectError("UNSUPPORTED", () => readRecordBatchHeader(other)).details).toEqual({ magic });
    }
    const short = batch.slice();
    new DataView(short.buffer).setInt32(8, 48);
    expectError("CORRUPT", () => readRecordBatchHeader(short));
    new DataView(short.buffer).setInt32(8, -1);
    expectError("CORRUPT", () => readRecordBatchHeader(short));
    expectError("CORRUPT", () => readRecordBatchHeader(rawBatch([], { baseOffset: -1n })));
    expectError("CORRUPT", () => readRecordBatchHeader(rawBatch([], { count: -1 })));
    expectError("CORRUPT", () => readRecordBatchHeader(rawBatch([], { count: 3, lastOffsetDelta: 3 })));
    for (const field of ["baseOffset", "baseTimestamp", "maxTimestamp"] as const) {
      expectError("UNSUPPORTED", () => readRecordBatchHeader(rawBatch([], { [field]: 2n ** 53n })));
    }
    expectError("UNSUPPORTED", () => readRecordBatchHeader(rawBatch([], { baseTimestamp: -(2n ** 63n) })));
  });
});

describe("patchBaseOffset", () => {
  it("leaves the checksum valid", () => {
    const batch = encodeRecordBatch([{ key: null, value, timestamp: 0 }]);
    for (const offset of [0, 1, 2 ** 31, 2 ** 32, 2 ** 53 - 2]) {
      patchBaseOffset(batch, offset);
      expect(decodeRecordBatch(batch)[0]?.offset).toBe(offset);
    }
  });

  it("refuses other offsets and too few bytes", () => {
    const batch = encodeRecordBatch([{ key: null, value, timestamp: 0 }]);
    for (const offset of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expectError("INVALID", () => patchBaseOffset(batch, offset));
    }
    expectError("TRUNCATED", () => patchBaseOffset(batch.subarray(0, 60), 1));
    expect(readRecordBatchHeader(batch).baseOffset).toBe(0);
  });
});
