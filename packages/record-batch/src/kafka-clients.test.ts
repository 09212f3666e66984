import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readRecordBatchHeader } from "./batch-header.ts";
import { decodeRecordBatch } from "./decode-record-batch.ts";
import { encodeRecordBatch } from "./encode-record-batch.ts";

interface Case {
  readonly name: string;
  readonly options: {
    readonly compression: "none" | "gzip";
    readonly producerId: string;
    readonly producerEpoch: number;
    readonly baseSequence: number;
  };
  readonly records: readonly {
    readonly key: string | null;
    readonly value: string | null;
    readonly headers: readonly (readonly [string, string | null])[];
    readonly timestamp: number;
  }[];
}

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8"));
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const nullable = (base64: string | null): Uint8Array | null => (base64 === null ? null : bytes(base64));

const cases: Case[] = fixture("cases");
const inputs = ({ records }: Case) =>
  records.map((record) => ({
    key: nullable(record.key),
    value: nullable(record.value),
    headers: record.headers.map(([key, value]) => ({ key, value: nullable(value) })),
    timestamp: record.timestamp,
  }));
const expected = (one: Case, base: number) => inputs(one).map((input, i) => ({ offset: base + i, ...input }));

describe.each(["kafkajs", "python-kafka"])("batches written by %s", (client) => {
  const batches: Record<string, string> = fixture(client);

  it.each(cases.filter(({ name }) => name in batches))("$name", (one) => {
    const batch = bytes(batches[one.name]!);
    expect(decodeRecordBatch(batch, { baseOffset: 1000 })).toEqual(expected(one, 1000));
    const { options } = one;
    expect(readRecordBatchHeader(batch)).toMatchObject({
      ...options,
      producerId: BigInt(options.producerId),
    });
  });

  it.each(cases.filter(({ name, options }) => name in batches && options.compression === "none"))(
    "$name: written here byte for byte",
    (one) => {
      const options = { ...one.options, producerId: BigInt(one.options.producerId), partitionLeaderEpoch: 0 };
      expect(Buffer.from(encodeRecordBatch(inputs(one), options)).toString("base64")).toBe(batches[one.name]);
    },
  );
});

describe("batches that both clients have read", () => {
  const batches: Record<string, string> = fixture("own");

  it.each(cases)("$name: still written, and read", (one) => {
    const options = { ...one.options, producerId: BigInt(one.options.producerId), baseOffset: 4711 };
    expect(Buffer.from(encodeRecordBatch(inputs(one), options)).toString("base64")).toBe(batches[one.name]);
    expect(decodeRecordBatch(bytes(batches[one.name]!))).toEqual(expected(one, 4711));
  });
});
