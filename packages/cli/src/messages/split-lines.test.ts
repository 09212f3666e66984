import fc from "fast-check";
import { expect, test } from "vitest";
import { splitLines } from "./split-lines.ts";

async function linesOf(chunks: Iterable<Uint8Array>): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of splitLines(chunks, 1_000))
    lines.push(...some.map((line) => Buffer.from(line).toString("latin1")));
  return lines;
}

test("wherever the input is cut, its lines are the same", async () => {
  const byte = fc.constantFrom(0x0a, 0x0d, 0x00, 0x61, 0xff);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(byte, { maxLength: 6 })), async (parts) => {
      const text = Buffer.from(parts.flat()).toString("latin1");
      const expected = text.split("\n");
      // An end is no beginning of another line.
      if (expected.at(-1) === "") expected.pop();
      const lines = await linesOf(parts.map((part) => Uint8Array.from(part)));
      expect(lines).toEqual(expected.map((line) => line.replace(/\r$/, "")));
    }),
  );
});

test("a line that does not end is not kept for ever", async () => {
  const chunk = new Uint8Array(300).fill(0x61);
  await expect(linesOf(Array(10).fill(chunk))).rejects.toMatchObject({
    code: "MESSAGE_TOO_LARGE",
    details: { limit: 1_000 },
  });
});
