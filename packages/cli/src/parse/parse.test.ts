import { expect, test } from "vitest";
import { duration, durationOrNone, showDuration } from "./duration.ts";
import { position } from "./position.ts";
import { showSize, size, sizeOrNone } from "./size.ts";
import { wholeNumber } from "./whole-number.ts";

test("times", () => {
  expect(["250", "250ms", "30s", "1.5h", "7d", "2w"].map(duration)).toEqual([
    250, 250, 30_000, 5_400_000, 604_800_000, 1_209_600_000,
  ]);
  expect(durationOrNone("none")).toBe("none");
  for (const text of ["", "s", "-1s", "1 h", "1y", "none", "1e3", "9".repeat(20)])
    expect(() => duration(text), text).toThrow("It is a time");
  expect([0, 999, 1_000, 61_000, 90_061_000, 86_400_000].map(showDuration)).toEqual([
    ...["0ms", "999ms", "1s", "1m 1s", "1d 1h", "1d"],
  ]);
});

test("sizes", () => {
  expect(["0", "512", "64KiB", "10MB", "2g", "1.5k"].map(size)).toEqual([
    0, 512, 65_536, 10_000_000, 2_147_483_648, 1_536,
  ]);
  expect(sizeOrNone("none")).toBe("none");
  for (const text of ["", "KiB", "1XB", "-1", "9".repeat(30)])
    expect(() => size(text), text).toThrow("It is a size");
  expect([0, 1023, 1024, 1536, 1024 ** 3, 5_000_000].map(showSize)).toEqual([
    ...["0 B", "1023 B", "1 KiB", "1.5 KiB", "1 GiB", "4.77 MiB"],
  ]);
});

test("whole numbers", () => {
  const read = wholeNumber(1, 1_000_000);
  expect([read("1"), read("1_000_000")]).toEqual([1, 1_000_000]);
  for (const text of ["", "0", "1000001", "1.5", "-1", "0x1", "one", "1e3", "_1"])
    expect(() => read(text), text).toThrow("a whole number from 1 to 1000000");
});

test("places in a partition", () => {
  const read = (text: string) => position(text, undefined, 1_000_000);
  expect(["earliest", "latest", "0", "17", "-10", "-15m"].map(read)).toEqual([
    ...["earliest", "latest", { offset: 0 }, { offset: 17 }, { beforeEnd: 10 }, { time: 100_000 }],
  ]);
  expect(read("2030-01-31T12:00:00Z")).toEqual({ time: Date.UTC(2030, 0, 31, 12) });
  for (const text of ["", "newest", "1.5", "+1", "-1y", "2030-13-01", "0x10"])
    expect(() => read(text), text).toThrow("It is earliest");
});
