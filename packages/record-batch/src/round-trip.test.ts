import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeOptions, records } from "../fixtures/arbitraries.ts";
import { readRecordBatchHeader } from "./batch-header.ts";
import { decodeRecordBatch } from "./decode-record-batch.ts";
import { encodeRecordBatch } from "./encode-record-batch.ts";
import type { DecodedRecord, RecordInput } from "./record.ts";

const decoded = (inputs: readonly RecordInput[], baseOffset: number): DecodedRecord[] =>
  inputs.map((input, i) => ({
    offset: baseOffset + i,
    timestamp: input.timestamp,
    key: input.key,
    value: input.value,
    headers: input.headers ?? [],
  }));

describe("a batch", () => {
  it("decodes to what was encoded", () => {
    fc.assert(
      fc.property(records, encodeOptions, (inputs, options) => {
        const batch = encodeRecordBatch(inputs, options);
        expect(decodeRecordBatch(batch)).toEqual(decoded(inputs, options.baseOffset!));
        const header = readRecordBatchHeader(batch);
        expect(header.producerId).toBe(options.producerId);
        expect(header.producerEpoch).toBe(options.producerEpoch);
        expect(header.baseSequence).toBe(options.baseSequence);
        expect(header.maxTimestamp).toBe(Math.max(...inputs.map((input) => input.timestamp)));
      }),
      { numRuns: 400 },
    );
  });

  it("decodes to the records of a range", () => {
    fc.assert(
      fc.property(
        records,
        encodeOptions,
        fc.nat(),
        fc.nat(14),
        fc.nat(14),
        (inputs, options, baseOffset, a, b) => {
          const batch = encodeRecordBatch(inputs, options);
          const [fromOffset, toOffset] = [baseOffset + a - 1, baseOffset + b - 1];
          const all = decoded(inputs, baseOffset);
          expect(decodeRecordBatch(batch, { baseOffset, fromOffset, toOffset })).toEqual(
            all.filter(({ offset }) => offset >= fromOffset && offset <= toOffset),
          );
          expect(decodeRecordBatch(batch, { baseOffset, fromOffset })).toEqual(all.slice(Math.max(0, a - 1)));
          expect(decodeRecordBatch(batch, { baseOffset, toOffset })).toEqual(all.slice(0, b));
        },
      ),
    );
  });

  it("has the log's time in every record when the log says so", () => {
    const inputs = [5, 9, 7].map((timestamp) => ({ key: null, value: null, timestamp }));
    const times = decodeRecordBatch(encodeRecordBatch(inputs, { timestampType: "append" }));
    expect(times.map(({ timestamp }) => timestamp)).toEqual([9, 9, 9]);
  });

  it("is read without a copy, as plain Uint8Arrays even from a Node Buffer", () => {
    const batch = Buffer.from(
      encodeRecordBatch([{ key: Buffer.from("k"), value: Buffer.from("v"), timestamp: 0 }]),
    );
    const [record] = decodeRecordBatch(batch);
    expect(record!.value!.buffer).toBe(batch.buffer);
    expect(record!.value!.constructor).toBe(Uint8Array);
    expect(record!.key!.constructor).toBe(Uint8Array);
  });
});
