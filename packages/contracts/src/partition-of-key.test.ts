import { expect, test } from "vitest";
import { murmur2, partitionOfKey } from "./partition-of-key.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

// The vectors of Kafka's own UtilsTest.testMurmur2.
test.for([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
] as const)("murmur2 of %s is what Kafka has", ([text, hash]) => {
  expect(murmur2(utf8(text))).toBe(hash);
});

test("a key's partition is its hash without the sign, by the number of partitions", () => {
  expect(partitionOfKey(utf8("21"), 7)).toBe((-973932308 & 0x7fffffff) % 7);
});
