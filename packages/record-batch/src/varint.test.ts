import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from "./varint.ts";

/** From the definition: zigzag, then seven bits a byte. */
function reference(value: number): number[] {
  const wide = BigInt(value);
  let rest = wide >= 0n ? wide * 2n : -wide * 2n - 1n;
  const bytes: number[] = [];
  for (; rest > 127n; rest /= 128n) bytes.push(Number(rest % 128n) + 128);
  return [...bytes, Number(rest)];
}

const edges = Array.from({ length: 53 }, (_, bit) => [
  2 ** bit - 1,
  2 ** bit,
  2 ** bit + 1,
  -(2 ** bit),
  1 - 2 ** bit,
])
  .flat()
  .concat(0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);

describe("varints", () => {
  const check = (value: number): void => {
    const expected = reference(value);
    const out = new Uint8Array(16);
    expect(writeVarlong(out, 3, value)).toBe(3 + expected.length);
    expect([...out.subarray(3, 3 + expected.length)]).toEqual(expected);
    expect(varlongBytes(value)).toBe(expected.length);
    if (value !== (value | 0)) return;
    out.fill(0);
    expect(writeVarint(out, 3, value)).toBe(3 + expected.length);
    expect([...out.subarray(3, 3 + expected.length)]).toEqual(expected);
    expect(varintBytes(value)).toBe(expected.length);
  };

  it("writes and sizes the edges as the definition has them", () => {
    for (const value of edges) check(value);
  });

  it("writes and sizes any safe integer as the definition has it", () => {
    fc.assert(fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer()), check));
  });
});
