/** A request as it is written on the wire; nothing in it need be valid. */
export interface WireRequest {
  readonly method: string;
  /** As it stands in the request line. One character a byte (latin1). */
  readonly target: string;
  /** As they are written, in order. One character a byte (latin1). */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | null;
  /** How the body's end is told. `cut`: by a length that is longer than what is sent. */
  readonly framing: "length" | "chunked" | "cut";
  /** What is sent in place of all this: bytes that need not even look like a request. */
  readonly raw?: Buffer;
}

/** Whether the bytes are a whole HTTP request, so that an answer is owed. */
export function isWhole(request: WireRequest): boolean {
  return request.raw === undefined && request.framing !== "cut";
}

/** The bytes that are sent. */
export function encodeRequest(request: WireRequest): Buffer {
  if (request.raw !== undefined) return request.raw;
  const { method, target, headers, body, framing } = request;
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (framing === "chunked") lines.push("Transfer-Encoding: chunked");
  else if (body !== null) lines.push(`Content-Length: ${body.length + (framing === "cut" ? 10 : 0)}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  if (framing === "chunked") return Buffer.concat([head, ...encodeChunks(body ?? Buffer.alloc(0))]);
  return body === null ? head : Buffer.concat([head, body]);
}

/** Three chunks, so that their edges fall inside of what the body holds. */
function encodeChunks(body: Buffer): Buffer[] {
  const size = Math.max(1, Math.ceil(body.length / 3));
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
  }
  return [...parts, Buffer.from("0\r\n\r\n")];
}
