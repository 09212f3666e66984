import { TidegateError } from "@tidegate/contracts";

/**
 * What a signature can be checked on: a fetch `Request` whose body nobody has read, or its headers and its raw body as text
 * or bytes.
 */
export type PushSource = Request | RawRequest;

/** A request of a framework that has no fetch `Request`. */
export interface RawRequest {
  readonly headers: Pick<Headers, "get"> | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Text or bytes as they came, or a stream of bytes; anything else is refused. */
  readonly body?: unknown;
}

/** Reads a header of the source; its name is in lower case. */
export function headerReader({ headers }: PushSource): (name: string) => string | null {
  if (typeof headers.get === "function") return (name) => (headers as Headers).get(name);
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(headers as Record<string, unknown>)) {
    if (value !== undefined) values.set(name.toLowerCase(), String(Array.isArray(value) ? value[0] : value));
  }
  return (name) => values.get(name) ?? null;
}

/**
 * The body as the text that was signed. Throws INVALID when only a parsed body is left, whose bytes cannot be known any
 * more; REQUEST_TOO_LARGE; SIGNATURE_INVALID for bytes that are no UTF-8, which Tidegate never sends.
 */
export async function readRawBody(source: PushSource, maxBytes: number): Promise<string> {
  if (isRequest(source)) return decode(await readRequest(source, maxBytes));
  const { body } = source;
  if (typeof body === "string") return within(body, maxBytes);
  if (body instanceof Uint8Array) return decode(within(body, maxBytes));
  if (body instanceof ArrayBuffer) return decode(within(new Uint8Array(body), maxBytes));
  if (isStream(body)) return decode(await collect(body[Symbol.asyncIterator](), maxBytes));
  throw parsed(body);
}

/** Requests of other realms and frameworks are no instances of this realm's class. */
function isRequest(source: PushSource): source is Request {
  return "arrayBuffer" in source && typeof source.arrayBuffer === "function";
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

async function readRequest(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (request.bodyUsed) {
    throw new TidegateError("INVALID", `The body was read before. ${remedy}: read it from a clone`, {
      field: "body",
    });
  }
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  try {
    // Not every browser can iterate over a stream.
    return await collect({ next: () => reader.read() as Promise<IteratorResult<Uint8Array>> }, maxBytes);
  } catch (thrown) {
    reader.cancel(thrown).catch(() => {});
    throw thrown;
  }
}

/** Does not end the stream early: that would cut the connection on which the answer is to leave. */
async function collect(parts: AsyncIterator<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let part = await parts.next(); !part.done; part = await parts.next()) {
    length += part.value.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(part.value);
  }
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function within<Body extends { readonly length: number }>(body: Body, maxBytes: number): Body {
  if (body.length > maxBytes) throw tooLarge(maxBytes);
  return body;
}

// A byte order mark is of what was signed as well.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (thrown) {
    throw new TidegateError("SIGNATURE_INVALID", "The body is not UTF-8", { field: "body" }, thrown);
  }
}

const remedy = "The signature is over the bytes as they came, so hand over the raw body";

function parsed(body: unknown): TidegateError {
  const text =
    typeof body === "object" && body !== null
      ? "The body was parsed before"
      : "The body is neither text nor bytes";
  const example = 'as text or bytes (in Express: express.raw({ type: "*/*" }) for this route)';
  return new TidegateError("INVALID", `${text}. ${remedy}, ${example}`, { field: "body" });
}

function tooLarge(maxBytes: number): TidegateError {
  return new TidegateError("REQUEST_TOO_LARGE", `The body is over ${maxBytes} bytes`, {
    field: "body",
    limit: maxBytes,
  });
}
