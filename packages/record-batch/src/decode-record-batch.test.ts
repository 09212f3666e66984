import { describe, expect, it } from "vitest";
import { expectError } from "../fixtures/expect-error.ts";
import { rawBatch, withChecksum } from "../fixtures/raw-batch.ts";
import { decodeRecordBatch } from "./decode-record-batch.ts";
import { encodeRecordBatch } from "./encode-record-batch.ts";

/** Zigzag -1, which stands for null. */
const NULL = 1;
/** A record with this body (up to 63 bytes) after its length. */
const framed = (...body: number[]): number[] => [body.length * 2, ...body];
/** Attributes, timestamp delta, offset delta, key, value, number of headers. */
const smallest = framed(0, 0, 0, NULL, NULL, 0);

const batch = encodeRecordBatch([
  { key: Buffer.from("k"), value: Buffer.from("v"), headers: [{ key: "h", value: null }], timestamp: 7 },
  { key: null, value: new Uint8Array(300), timestamp: 8 },
]);

describe("decodeRecordBatch", () => {
  it("takes the smallest record there can be", () => {
    expect(decodeRecordBatch(rawBatch(smallest))).toEqual([
      { offset: 0, timestamp: 0, key: null, value: null, headers: [] },
    ]);
    expect(decodeRecordBatch(rawBatch([], { count: 0 }))).toEqual([]);
  });

  it("takes numbers with padding, as Kafka does", () => {
    expect(
      decodeRecordBatch(rawBatch(framed(0, 0x80, 0x80, 0, 0x80, 0, 0x81, 0x80, 0x80, 0x80, 0, NULL, 0))),
    ).toHaveLength(1);
  });

  it("takes timestamps that need all of a varlong", () => {
    const delta = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]; // 2^52 - 1
    const [record] = decodeRecordBatch(
      rawBatch(framed(0, ...delta, 0, NULL, NULL, 0), { baseTimestamp: 1n }),
    );
    expect(record?.timestamp).toBe(2 ** 52);
  });

  it("refuses a wrong checksum, unless told not to look", () => {
    const changed = batch.slice();
    changed[20]! ^= 1;
    const { details } = expectError("CHECKSUM_MISMATCH", () => decodeRecordBatch(changed));
    expect(Number(details.expected) ^ Number(details.found)).toBe(1);
    expect(decodeRecordBatch(changed, { verifyChecksum: false })).toEqual(decodeRecordBatch(batch));
  });

  it("refuses fewer or more bytes than the batch has", () => {
    for (let length = 0; length < batch.length; length++) {
      expectError("TRUNCATED", () => decodeRecordBatch(batch.subarray(0, length)));
    }
    expectError("CORRUPT", () => decodeRecordBatch(Buffer.concat([batch, Uint8Array.of(0)])));
  });

  it.each([
    ["nothing after the record's length", [2 * 40]],
    ["a negative length of a record", [1, 0, 0, 0, NULL, NULL, 0]],
    ["a length past the end", [0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0]],
    ["a length of six bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0, 0]],
    ["a length of more than 32 bits", [0x80, 0x80, 0x80, 0x80, 0x10, 0, 0]],
    ["an empty record", [0, 0, 0, 0, 0, 0, 0]],
    ["a record too short for its fields", [6, 0, 0, 0, NULL, NULL, 0]],
    ["a record too long for its fields", framed(0, 0, 0, NULL, NULL, 0, 0)],
    ["bytes after the last record", [...smallest, 0]],
    ["an offset that does not follow", framed(0, 0, 2, NULL, NULL, 0)],
    ["a key past its record", framed(0, 0, 0, 4, 0x61, NULL, 0)],
    ["a key of length -2", framed(0, 0, 0, 3, NULL, 0)],
    ["a value past its record", framed(0, 0, 0, NULL, 126, 0)],
    ["a negative number of headers", framed(0, 0, 0, NULL, NULL, 1)],
    ["more headers than there is room for", framed(0, 0, 0, NULL, NULL, 4, 0, NULL)],
    ["2^31 - 1 headers", framed(0, 0, 0, NULL, NULL, 0xfe, 0xff, 0xff, 0xff, 0x0f)],
    ["a header without a key", framed(0, 0, 0, NULL, NULL, 2, NULL, NULL)],
    ["a header key past its record", framed(0, 0, 0, NULL, NULL, 2, 126, NULL)],
    ["a header value past its record", framed(0, 0, 0, NULL, NULL, 2, 0, 126)],
    ["a number that its record cuts off", framed(0, 0, 0, NULL, NULL, 0x80)],
    ["a timestamp that its record cuts off", framed(0, 0x80, 0x80, 0x80, 0x80, 0x80)],
    ["a timestamp of eleven bytes", framed(0, ...new Array(10).fill(0x80), 0, 0, NULL, NULL, 0)],
    ["a timestamp of more than 64 bits", framed(0, ...new Array(9).fill(0x80), 2, 0, NULL, NULL, 0)],
  ])("refuses %s", (_name, records) => {
    expectError("CORRUPT", () => decodeRecordBatch(rawBatch(records)));
  });

  it("refuses a count that lies, without making room for it", () => {
    for (const count of [2, 1000, 2 ** 31 - 1]) {
      expectError("CORRUPT", () => decodeRecordBatch(rawBatch(smallest, { count })));
    }
    expectError("CORRUPT", () => decodeRecordBatch(rawBatch(smallest, { count: 0 })));
    expectError("CORRUPT", () =>
      decodeRecordBatch(rawBatch([...smallest, 60, 0, 0, 0, 0, 0, 0], { count: 2 })),
    );
  });

  it("refuses what it does not read", () => {
    for (const attributes of [2, 3, 4]) {
      expectError("UNSUPPORTED", () => decodeRecordBatch(rawBatch(smallest, { attributes })));
    }
    expectError("UNSUPPORTED", () => decodeRecordBatch(rawBatch(smallest, { attributes: 0x20 })));
    expect(decodeRecordBatch(rawBatch(smallest, { attributes: 0x10 }))).toHaveLength(1);
  });

  it("refuses numbers past 2^53 - 1", () => {
    const top = 2n ** 53n - 1n;
    expect(decodeRecordBatch(rawBatch(smallest, { baseTimestamp: top }))[0]?.timestamp).toBe(2 ** 53 - 1);
    const later = framed(0, 2, 0, NULL, NULL, 0);
    expectError("UNSUPPORTED", () => decodeRecordBatch(rawBatch(later, { baseTimestamp: top })));
    const farthest = framed(0, ...new Array(9).fill(0xff), 1, 0, NULL, NULL, 0);
    expectError("UNSUPPORTED", () => decodeRecordBatch(rawBatch(farthest)));
    expectError("UNSUPPORTED", () => decodeRecordBatch(rawBatch(smallest, { baseOffset: top })));
    expectError("UNSUPPORTED", () => decodeRecordBatch(rawBatch(smallest), { baseOffset: 2 ** 53 - 1 }));
  });

  it("refuses options that mean nothing", () => {
    for (const value of [Number.NaN, 0.5, 2 ** 53]) {
      for (const option of ["baseOffset", "fromOffset", "toOffset"]) {
        expectError("INVALID", () => decodeRecordBatch(batch, { [option]: value }));
      }
    }
    const packed = encodeRecordBatch([{ key: null, value: new Uint8Array(999), timestamp: 0 }], {
      compression: "gzip",
    });
    expectError("INVALID", () => decodeRecordBatch(packed, { maxUncompressedBytes: Number.NaN }));
    expectError("TOO_LARGE", () => decodeRecordBatch(packed, { maxUncompressedBytes: 0 }));
    expectError("TOO_LARGE", () => decodeRecordBatch(packed, { maxUncompressedBytes: 1007 }));
    expect(decodeRecordBatch(packed, { maxUncompressedBytes: 1008 })).toHaveLength(1);
  });

  it("does not unpack what is out of range", () => {
    const packed = rawBatch([0, 0, 0], { attributes: 1 });
    expect(decodeRecordBatch(packed, { fromOffset: 1 })).toEqual([]);
    expectError("CORRUPT", () => decodeRecordBatch(packed));
  });

  it("checks a range's offset against its place", () => {
    const second = framed(0, 0, 4, NULL, NULL, 0);
    const swapped = withChecksum(rawBatch([...smallest, ...second], { count: 2 }));
    expect(decodeRecordBatch(swapped, { toOffset: 0 })).toHaveLength(1);
    expectError("CORRUPT", () => decodeRecordBatch(swapped, { fromOffset: 1 }));
  });
});
