/** An answer as it came. */
export interface WireAnswer {
  readonly status: number;
  /** By name in lower case; of several of one name the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether the connection can be used again. */
  readonly reusable: boolean;
}

/** What was received is no HTTP answer. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

/**
 * The answer at the beginning of what was received, or null while it is not there in full. Interim answers (1xx) are
 * passed over. With `alone`, nothing may stand behind it. @throws MalformedAnswer
 */
export function parseAnswer(
  received: Buffer,
  { method, ended, alone }: { method: string; ended: boolean; alone: boolean },
): WireAnswer | null {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const [statusLine, ...lines] = received.toString("latin1", 0, headEnd).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine!)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) throw new MalformedAnswer(`status line ${JSON.stringify(statusLine)}`);
  const rest = received.subarray(headEnd + 4);
  if (status < 200) return parseAnswer(rest, { method, ended, alone });
  const headers = new Map(lines.map(parseHeader));
  const closes = /\bclose\b/i.test(headers.get("connection") ?? "");
  const answer = (body: Buffer, length: number): WireAnswer => {
    const extra = rest.length - length;
    if (extra > 0 && alone) throw new MalformedAnswer(`${extra} bytes behind the answer's end`);
    return { status, headers, body, reusable: !closes };
  };
  // Where a request is no HTTP, the server cannot know that it was meant as HEAD, and ends the connection behind its answer.
  if (method === "HEAD" && closes) return { status, headers, body: Buffer.alloc(0), reusable: false };
  if (method === "HEAD" || status === 204 || status === 304) return answer(Buffer.alloc(0), 0);
  if (/chunked/i.test(headers.get("transfer-encoding") ?? "")) {
    const isStream = (headers.get("content-type") ?? "").startsWith("text/event-stream");
    const chunked = readChunks(rest, isStream);
    return chunked === null
      ? null
      : { ...answer(chunked.body, chunked.length), reusable: !closes && !isStream };
  }
  const declared = headers.get("content-length");
  if (declared !== undefined) {
    const length = Number(declared);
    return rest.length < length ? null : answer(rest.subarray(0, length), length);
  }
  // Without a length the body goes to the end of the connection.
  return ended ? { status, headers, body: rest, reusable: false } : null;
}

function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  if (colon < 1) throw new MalformedAnswer(`header ${JSON.stringify(line)}`);
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** The body up to its end; of a stream of events, which may never end, up to the end of its first event. */
function readChunks(rest: Buffer, firstEvent: boolean): { body: Buffer; length: number } | null {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(rest.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size)) throw new MalformedAnswer("a chunk without a size");
    const end = lineEnd + 2 + size + 2;
    if (rest.length < end) return null;
    if (size === 0) return { body: Buffer.concat(parts), length: end };
    parts.push(rest.subarray(lineEnd + 2, end - 2));
    at = end;
    if (firstEvent && parts.at(-1)!.includes("\n\n"))
      return { body: Buffer.concat(parts), length: rest.length };
  }
}
