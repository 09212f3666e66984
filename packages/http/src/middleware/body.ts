import { limits, TidegateError } from "@tidegate/contracts";
import type { Context } from "hono";
import { parseJson } from "../wire/parse-json.ts";

/**
 * How a request is read. Apps on Node give one that reads Node's own request, without the web's Headers and streams
 * in between.
 */
export interface RequestReader {
  /** The value of a header, its name in lower case; null when it is not there. */
  header(context: Context, name: string): string | null;
  /** The whole body, up to the limit of a request: REQUEST_TOO_LARGE as soon as it is over it. */
  body(context: Context): Promise<Uint8Array>;
}

/** Reads requests by means that every runtime has. */
export const webReader: RequestReader = {
  header: (context, name) => context.req.raw.headers.get(name),
  body: readBody,
};

/** Counts while the body arrives, so that no length has to be declared. */
async function readBody(context: Context): Promise<Uint8Array> {
  const { headers, body } = context.req.raw;
  const declared = headers.get("content-length");
  if (declared !== null && Number(declared) > limits.requestBytes) throw bodyTooLarge();
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limits.requestBytes) throw bodyTooLarge();
    chunks.push(chunk);
  }
  return joinChunks(chunks, size);
}

/** One array of all chunks. */
function joinChunks(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** The error for a body over the limit of a request. */
export function bodyTooLarge(): TidegateError {
  return new TidegateError("REQUEST_TOO_LARGE", `The body is over ${limits.requestBytes} bytes`, {
    field: "body",
    limit: limits.requestBytes,
  });
}

/** The body as JSON, whatever content type the request declares. */
export async function readJson(context: Context, reader: RequestReader): Promise<unknown> {
  return parseJson(await reader.body(context));
}

/** The same for a route that also takes no body at all: then an empty object. */
export async function readOptionalJson(context: Context, reader: RequestReader): Promise<unknown> {
  const bytes = await reader.body(context);
  return bytes.byteLength === 0 ? {} : parseJson(bytes);
}
