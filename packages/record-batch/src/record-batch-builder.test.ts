import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeOptions, records } from "../fixtures/arbitraries.ts";
import { expectError } from "../fixtures/expect-error.ts";
import { readRecordBatchHeader } from "./batch-header.ts";
import { RECORD_BATCH_OVERHEAD } from "./batch-layout.ts";
import { decodeRecordBatch } from "./decode-record-batch.ts";
import { encodeRecordBatch } from "./encode-record-batch.ts";
import type { RecordInput } from "./record.ts";
import { RecordBatchBuilder } from "./record-batch-builder.ts";
import { recordBytes, recordBytesUpperBound } from "./record-size.ts";

const record = (size: number, timestamp = 0): RecordInput => ({
  key: null,
  value: new Uint8Array(size),
  timestamp,
});

describe("RecordBatchBuilder", () => {
  it("writes what encodeRecordBatch writes, batch after batch", () => {
    const sameButSequence = fc.tuple(records, records, encodeOptions).map(([one, two, options]) => ({
      batches: [one, two],
      options: { ...options, baseSequence: -1 },
    }));
    fc.assert(
      fc.property(sameButSequence, ({ batches, options }) => {
        const builder = new RecordBatchBuilder(options);
        for (const batch of batches) {
          for (const one of batch) expect(builder.append(one)).toBe(true);
          expect(builder.count).toBe(batch.length);
          expect(builder.build()).toEqual(encodeRecordBatch(batch, options));
        }
      }),
    );
  });

  it("knows its bytes, as recordBytes does", () => {
    fc.assert(
      fc.property(records, (inputs) => {
        const builder = new RecordBatchBuilder();
        expect(builder.bytes).toBe(RECORD_BATCH_OVERHEAD);
        for (const [i, input] of inputs.entries()) {
          const before = builder.bytes;
          builder.append(input);
          const exact = recordBytes(input, i, input.timestamp - inputs[0]!.timestamp);
          expect(builder.bytes - before).toBe(exact);
          expect(recordBytesUpperBound(input)).toBeGreaterThanOrEqual(exact);
          expect(recordBytesUpperBound(input)).toBeLessThanOrEqual(exact + 20);
        }
        const { bytes } = builder;
        expect(builder.build().length).toBe(bytes);
      }),
    );
  });

  it("is full when the next record would pass maxBytes, to the byte", () => {
    const maxBytes = RECORD_BATCH_OVERHEAD + recordBytes(record(100), 0, 0) + recordBytes(record(50), 1, 0);
    const builder = new RecordBatchBuilder({ maxBytes });
    builder.append(record(100));
    const { bytes } = builder;
    expect(builder.append(record(51))).toBe(false);
    expect([builder.bytes, builder.count]).toEqual([bytes, 1]);
    expect(builder.append(record(50))).toBe(true);
    expect(builder.append(record(0))).toBe(false);
    expect(builder.build().length).toBe(maxBytes);
    expect(builder.append(record(51))).toBe(true);
  });

  it("takes a first record of any size", () => {
    const builder = new RecordBatchBuilder({ maxBytes: 10 });
    expect(builder.append(record(5000))).toBe(true);
    expect(builder.append(record(0))).toBe(false);
    expect(decodeRecordBatch(builder.build())[0]?.value?.length).toBe(5000);
  });

  it("gives away its memory: a later batch does not change an earlier one", () => {
    const builder = new RecordBatchBuilder({ initialBytes: 1000 });
    builder.append({ key: null, value: Buffer.from("first"), timestamp: 1 });
    const first = builder.build();
    builder.append({ key: null, value: Buffer.from("other"), timestamp: 2 });
    builder.build();
    expect(Buffer.from(decodeRecordBatch(first)[0]!.value!).toString()).toBe("first");
  });

  it("moves the base sequence on, and around after 2^31 - 1", () => {
    const builder = new RecordBatchBuilder({ producerId: 1, producerEpoch: 0, baseSequence: 2 ** 31 - 3 });
    const sequences = [2, 3, 1].map((count) => {
      for (let i = 0; i < count; i++) builder.append(record(1));
      return readRecordBatchHeader(builder.build()).baseSequence;
    });
    expect(sequences).toEqual([2 ** 31 - 3, 2 ** 31 - 1, 2]);
  });

  it("stays uncompressed where gzip does not help", () => {
    expect(readRecordBatchHeader(encodeRecordBatch([record(1)], { compression: "gzip" })).compression).toBe(
      "none",
    );
    expect(readRecordBatchHeader(encodeRecordBatch([record(999)], { compression: "gzip" })).compression).toBe(
      "gzip",
    );
  });

  it("refuses what cannot be written, and stays as it was", () => {
    const builder = new RecordBatchBuilder();
    expectError("INVALID", () => builder.build());
    expectError("INVALID", () => encodeRecordBatch([]));
    builder.append(record(10, 5));
    const { bytes } = builder;
    const bad = [
      { ...record(1), timestamp: Number.NaN },
      { ...record(1), timestamp: 1.5 },
      { ...record(1), timestamp: 2 ** 53 },
      { ...record(1), timestamp: "1" },
      { ...record(1), timestamp: Number.MIN_SAFE_INTEGER },
      { ...record(1), key: "text" },
      { ...record(1), value: undefined },
      { ...record(1), headers: [{ key: "k", value: "text" }] },
      { ...record(1), headers: [{ key: 7, value: null }] },
    ];
    for (const input of bad) {
      expectError("INVALID", () => builder.append(input as RecordInput));
      expectError("INVALID", () => encodeRecordBatch([record(10, 5), input as RecordInput]));
    }
    expect([builder.bytes, builder.count]).toEqual([bytes, 1]);
    expect(decodeRecordBatch(builder.build())).toHaveLength(1);
  });

  it("refuses options that cannot be written, by name", () => {
    const bad = [
      { baseOffset: -1 },
      { baseOffset: 2 ** 53 },
      { producerId: 2n ** 63n },
      { producerId: 1.5 },
      { producerEpoch: 2 ** 15 },
      { baseSequence: -(2 ** 31) - 1 },
      { partitionLeaderEpoch: 0.1 },
      { timestampType: "log" as "append" },
      { maxBytes: 0 },
      { maxBytes: Number.NaN },
      { initialBytes: -1 },
    ];
    for (const options of bad) {
      const error = expectError("INVALID", () => new RecordBatchBuilder(options));
      expect(error.message).toContain(Object.keys(options)[0]);
    }
    expectError("UNSUPPORTED", () => new RecordBatchBuilder({ compression: "zstd" as "gzip" }));
  });
});
