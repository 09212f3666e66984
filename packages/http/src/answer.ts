/** What is answered, before a runtime makes a response of it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** In place of the body where it comes bit by bit. */
  readonly stream?: ReadableStream<Uint8Array>;
}

const jsonHeaders = { "content-type": "application/json" };
const noHeaders = {};

/** A JSON answer. */
export function json(status: number, body: unknown): Answer {
  return jsonText(status, JSON.stringify(body));
}

/** An answer whose JSON is already text. */
export function jsonText(status: number, body: string): Answer {
  return { status, headers: jsonHeaders, body };
}

/** An answer of plain text. */
export function text(type: string, body: string): Answer {
  return { status: 200, headers: { "content-type": type }, body };
}

/** An answer that says only that it is done. */
export function noContent(): Answer {
  return { status: 204, headers: noHeaders, body: null };
}

/** The answer as a Response of the web. */
export function toResponse({ status, headers, body, stream }: Answer): Response {
  return new Response(stream ?? body, { status, headers });
}
