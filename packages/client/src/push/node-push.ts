import { TidegateError } from "@tidegate/contracts";
import { type PushHandler, type PushOptions, receiveMessages } from "./handle-push.ts";
import { answerProblem, type PushAnswer } from "./push-answer.ts";
import type { RawRequest } from "./raw-body.ts";
import { signersOf } from "./signers.ts";

/** What is used of `http.IncomingMessage`, and of what frameworks put on it. */
export interface NodeRequest extends AsyncIterable<unknown> {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly readableDidRead: boolean;
  /** Where a framework has read the body: Google's functions keep the bytes here. */
  readonly rawBody?: unknown;
  /** Where a framework has read the body: bytes when it was told to leave them alone. */
  readonly body?: unknown;
}

/** What is used of `http.ServerResponse`. */
export interface NodeResponse {
  readonly writableFinished: boolean;
  once(event: "close", listener: () => void): unknown;
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  end(body: string): unknown;
}

/**
 * A listener of `http.createServer`, and a handler of Express, that receives pushes. Never rejects: what goes wrong
 * is told to `onError` and answered with 500. Throws INVALID for keys that are wrong, when it is made.
 */
export function nodePush(
  options: PushOptions,
  handler: PushHandler,
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  signersOf(options.keys);
  return async (request, response) => {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
    });
    const { status, headers, body } = await receive(request, options, handler, gone.signal);
    response.writeHead(status, {
      ...headers,
      "content-length": new TextEncoder().encode(body).length,
      // What is left of a body that is too large is not read.
      ...(status === 413 && { connection: "close" }),
    });
    response.end(body);
  };
}

async function receive(
  request: NodeRequest,
  options: PushOptions,
  handler: PushHandler,
  signal: AbortSignal,
): Promise<PushAnswer> {
  try {
    return await receiveMessages(sourceOf(request), options, handler, signal);
  } catch (thrown) {
    const error =
      thrown instanceof TidegateError ? thrown : new TidegateError("INTERNAL", undefined, {}, thrown);
    (options.onError ?? console.error)(thrown);
    return answerProblem(error);
  }
}

function sourceOf(request: NodeRequest): RawRequest {
  const { headers, rawBody, body, readableDidRead } = request;
  // Express 4 has an empty object as the body of a request that nobody has read.
  return { headers, body: rawBody ?? (readableDidRead ? body : request) };
}
