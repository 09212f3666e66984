import { limits, TidegateError } from "@tidegate/contracts";
import type { Context } from "hono";

/** What is read of a request, on whatever runtime. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** What the runtime gave along with the request. */
  readonly environment: unknown;
  /** When its body had come as a whole, by `performance.now()`; null before. */
  readonly bodyEndedAt: number | null;
  /** How long its caller wants to wait, in ms. Set by the route that reads it. */
  waitMs: number;
  /** A part of the path by its name in the route. */
  param(name: string): string | undefined;
  /** The value of a header, its name in lower case; null when it is not there. */
  header(name: string): string | null;
  /** The whole body, up to the limit of a request: REQUEST_TOO_LARGE as soon as it is over it. */
  body(): Promise<Uint8Array>;
}

/** A request that came through Hono. */
export class WebCall implements Call {
  bodyEndedAt: number | null = null;
  waitMs = 0;
  private readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  get method(): string {
    return this.context.req.method;
  }

  get path(): string {
    return this.context.req.path;
  }

  get environment(): unknown {
    return this.context.env;
  }

  /** Aborted when the caller hangs up. */
  get signal(): AbortSignal {
    return this.context.req.raw.signal;
  }

  param(name: string): string | undefined {
    return this.context.req.param(name);
  }

  header(name: string): string | null {
    return this.context.req.raw.headers.get(name);
  }

  queries(): Record<string, string[]> {
    return this.context.req.queries();
  }

  async body(): Promise<Uint8Array> {
    const { raw } = this.context.req;
    const declared = this.header("content-length");
    // The runtime holds the caller to the length that it declared.
    if (declared !== null && Number(declared) > limits.requestBytes) throw bodyTooLarge();
    try {
      const bytes =
        declared === null ? await readCounting(raw.body) : new Uint8Array(await raw.arrayBuffer());
      this.bodyEndedAt = performance.now();
      return bytes;
    } catch (error) {
      throw error instanceof TidegateError ? error : endedEarly(error);
    }
  }
}

async function readCounting(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (body === null) return new Uint8Array();
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limits.requestBytes) throw bodyTooLarge();
    chunks.push(chunk);
  }
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

/** The error for a body whose caller went away before its end, or sent its end wrongly. */
export function endedEarly(cause?: unknown): TidegateError {
  return new TidegateError("INVALID", "The body ended early", { field: "body" }, cause);
}
