import { Agent, type Dispatcher as Client, Pool } from "undici";
import { CallRefused, type CallRules } from "../rules/call-rules.ts";
import { CollectedText } from "./collected-text.ts";
import { guardedLookup, type Resolve } from "./guarded-lookup.ts";
import { type Send, type SendAnswer, SendFailed, type SendRequest } from "./send.ts";

/** How long a connection may take; afterwards the endpoint counts as unreachable. */
const connectTimeoutMs = 10_000;
/** Failures of a connection that had not been made. */
const unreached = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ETIMEDOUT",
  "EADDRNOTAVAIL",
  "EPROTO",
  "UND_ERR_CONNECT_TIMEOUT",
  // Names, as getaddrinfo tells them.
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ENODATA",
]);

export interface UndiciSend {
  readonly send: Send;
  /** Ends its connections, those in use as well. */
  close(): Promise<void>;
}

/** Sends with undici, checking each address when it is connected to. Connections are kept. */
export function sendByUndici(rules: CallRules, resolve?: Resolve): UndiciSend {
  const agent = new Agent({
    pipelining: 1,
    allowH2: false,
    // The caller's abort ends a request, whatever takes long.
    headersTimeout: 0,
    bodyTimeout: 0,
    factory: (origin, options) =>
      new Pool(origin, {
        ...options,
        connect: { timeout: connectTimeoutMs, lookup: guardedLookup(new URL(origin), rules, resolve) },
      }),
  });
  const send = (request: SendRequest) =>
    new Promise<SendAnswer>((fulfil, reject) => {
      const { url, method, headers, body } = request;
      const { origin, path } = targetOf(url);
      agent.dispatch({ origin, path, method, headers, body }, new Answering(request, fulfil, reject));
    });
  return { send: Object.assign(send, { resolves: true }), close: () => agent.destroy() };
}

/** The parts of addresses, which a URL puts together anew each time that it is asked. */
const targets = new WeakMap<URL, { readonly origin: string; readonly path: string }>();

function targetOf(url: URL): { readonly origin: string; readonly path: string } {
  let target = targets.get(url);
  if (target === undefined) {
    target = { origin: url.origin, path: url.pathname + url.search };
    targets.set(url, target);
  }
  return target;
}

/**
 * Takes an answer as the parser gives it: undici's `request` would make a stream of each, which costs as much as the
 * rest of a request with a short answer.
 */
class Answering implements Client.DispatchHandler {
  readonly #request: SendRequest;
  readonly #fulfil: (answer: SendAnswer) => void;
  readonly #reject: (error: unknown) => void;
  #status = 0;
  #headers: Record<string, string | string[] | undefined> = {};
  #body: CollectedText | null = null;
  #controller: Client.DispatchController | null = null;
  #ended = false;

  constructor(request: SendRequest, fulfil: (answer: SendAnswer) => void, reject: (error: unknown) => void) {
    this.#request = request;
    this.#fulfil = fulfil;
    this.#reject = reject;
    request.abort.listen((reason) => this.#giveUp(reason));
  }

  onRequestStart(controller: Client.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(tooMuch);
  }

  onResponseStart(
    _controller: Client.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 103 and its like come before the answer.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#body = new CollectedText(this.#request.limitOf(status, this.#header("content-type")));
  }

  onResponseData(controller: Client.DispatchController, chunk: Buffer): void {
    // The parser goes on to use its memory.
    if (this.#ended || this.#body?.add(Buffer.from(chunk)) !== false) return;
    this.#end();
    controller.abort(tooMuch);
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Client.DispatchController, error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#request.abort.listen(null);
    this.#reject(failureOf(error));
  }

  /** At once, also while the connection is being made. */
  #giveUp(reason: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reject(reason);
    this.#controller?.abort(reason);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#request.abort.listen(null);
    const body = this.#body!;
    this.#fulfil({
      status: this.#status,
      header: (name) => this.#header(name),
      text: body.text(),
      whole: body.whole,
    });
  }

  #header(name: string): string | null {
    const value = this.#headers[name];
    return (Array.isArray(value) ? value.join(", ") : value) ?? null;
  }
}

/** Ends a connection whose answer, or the rest of it, nobody wants. */
const tooMuch = new Error("the answer is not read any more");

function failureOf(error: unknown): unknown {
  if (error instanceof CallRefused) return error;
  const { code, message } = causeOf(error);
  // What a TLS handshake refuses (certificates) has no code of its own list, but nothing was sent either.
  const isUnreached = unreached.has(code) || /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_|UNABLE_)/.test(code);
  return new SendFailed(isUnreached ? "unreached" : "broken", code === "" ? message : `${code}: ${message}`);
}

/** Several addresses that were tried in turn fail together, as an AggregateError: the first tells why. */
function causeOf(error: unknown): { code: string; message: string } {
  const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  if (!(first instanceof Error)) return { code: "", message: String(first) };
  const { code } = first as NodeJS.ErrnoException;
  return { code: typeof code === "string" ? code : "", message: first.message };
}
