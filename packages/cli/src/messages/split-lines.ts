import { TidegateError } from "@tidegate/contracts";

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts what comes in into lines, several at a time as they come; without their ends, `\n` or `\r\n`. A last line needs no end.
 * What it gives may share memory with what came in. Throws MESSAGE_TOO_LARGE for a line that goes on and on.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  maxBytes: number,
): AsyncGenerator<Uint8Array[], void, undefined> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const given of chunks) {
    const chunk = toBuffer(given);
    const lines: Uint8Array[] = [];
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      const end = chunk.subarray(from, at);
      lines.push(withoutReturn(restBytes === 0 ? end : Buffer.concat([...rest, end])));
      if (restBytes > 0) {
        rest = [];
        restBytes = 0;
      }
      from = at + 1;
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
      if (restBytes > maxBytes)
        throw new TidegateError("MESSAGE_TOO_LARGE", "A line is longer than any message", {
          limit: maxBytes,
        });
    }
    if (lines.length > 0) yield lines;
  }
  if (restBytes > 0) yield [withoutReturn(Buffer.concat(rest))];
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}

function toBuffer(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === "string") return Buffer.from(chunk);
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
