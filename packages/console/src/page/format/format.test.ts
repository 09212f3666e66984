import { expect, test } from "vitest";
import { exactText, spanText } from "./durations.ts";
import { hexText } from "./hex.ts";
import { bytesText, countOf, countText, rateText, shortText } from "./numbers.ts";
import { visibleText } from "./visible-text.ts";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test.for([
  [() => countText(1_234_567), "1 234 567"],
  [() => countOf(1, "message"), "1 message"],
  [() => countOf(2_000, "message"), "2 000 messages"],
  [() => rateText(0.44), "0.4"],
  [() => rateText(12_345.6), "12 346"],
  [() => shortText(12_345), "12.3k"],
  [() => shortText(4_500_000), "4.5M"],
  [() => bytesText(512), "512 B"],
  [() => bytesText(3_565_158), "3.4 MiB"],
  [() => spanText(0), "0 ms"],
  [() => spanText(1_500), "1.5 s"],
  [() => spanText(61_000), "61 s"],
  [() => spanText(7 * 60_000), "7 min"],
  [() => spanText(2 * 3_600_000 + 59.7 * 60_000), "3 h"],
  [() => spanText(50 * 3_600_000), "2.1 d"],
] as const)("%s", ([make, text]) => {
  expect(plain(make())).toBe(text);
});

test("an exact moment has its milliseconds and its zone", () => {
  expect(exactText(1_700_000_000_123)).toMatch(/^2023-11-1\d \d\d:\d\d:20\.123 [+-]\d\d:\d\d$/);
});

test("bytes are shown sixteen a line, with what of them is ASCII", () => {
  const lines = hexText(new TextEncoder().encode("Tidegate, a queue\n")).split("\n");
  expect(lines).toEqual([
    "00000000  54 69 64 65 67 61 74 65  2c 20 61 20 71 75 65 75  Tidegate, a queu",
    "00000010  65 0a                                             e.",
  ]);
});

test("what is not seen, or turns the text around it, is spelt out", () => {
  expect(visibleText("a\u0000b\u202ec\u200bd\ufeff")).toBe("a\\u0000b\\u202ec\\u200bd\\ufeff");
  expect(visibleText("Käse, 日本語, \t and \n stay")).toBe("Käse, 日本語, \t and \n stay");
});
