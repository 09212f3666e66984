import { TidegateError } from "@tidegate/contracts";
import { type Backoff, delayBefore, pause } from "./backoff.ts";
import { type Failure, refused, unanswered } from "./failure.ts";
import { encodeBody } from "./outgoing-message.ts";
import type { ClientTracing, TracedCall } from "./tracing.ts";

export interface ClientOptions {
  /** Address of the server; a path is kept. */
  url: string;
  /** Bearer token. */
  token?: string;
  /** Default: the runtime's. */
  fetch?: typeof fetch;
  /** For a call with all its attempts. Default 30,000. */
  timeoutMs?: number;
  /** For one attempt; a receive's `waitMs` is added. Default 10,000. */
  attemptTimeoutMs?: number;
  /** Attempts after the first. Default 4; 0 switches them off. */
  retries?: number;
  /** Delays before them; the server's `Retry-After` may make them longer. Default 100 and 5,000. */
  backoff?: { initialMs?: number; maxMs?: number };
  /** Traces calls: `clientTracing` of `@tidegate/tracing`. Default: nobody. */
  tracing?: ClientTracing;
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call, which rejects with the signal's reason. What was sent may take effect all the same. */
  signal?: AbortSignal;
  /** Instead of the client's. */
  timeoutMs?: number;
}

export interface Call {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Below `/v1`, its parts escaped: see `pathOf`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Written as JSON. */
  readonly json?: unknown;
  /** Instead of `json`: sent as it is. */
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a second time changes nothing; if not, it is repeated only when the first certainly changed nothing. */
  readonly repeatable: boolean;
  /** How long the server may hold the answer back. */
  readonly waitMs?: number;
  /** For one attempt, instead of the client's. */
  readonly attemptTimeoutMs?: number;
  /** Whether an answer that was kept, as browsers do, is of no use. */
  readonly fresh?: boolean;
  /** What it sends or receives, for who traces it. */
  readonly traced?: Omit<TracedCall, "server">;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** Sends calls: attempts, back-off, time-outs, errors. */
export class Http {
  readonly #base: string;
  readonly #fetch: typeof fetch;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #attemptTimeoutMs: number;
  readonly #attempts: number;
  readonly #tracing: ClientTracing | null;
  readonly backoff: Backoff;

  /** Throws INVALID with the name of the option. */
  constructor(options: ClientOptions) {
    this.#base = baseOf(options.url);
    // Called as a plain function: workerd and browsers refuse a fetch with another `this`.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
    this.#timeoutMs = positive("timeoutMs", options.timeoutMs ?? 30_000);
    this.#attemptTimeoutMs = positive("attemptTimeoutMs", options.attemptTimeoutMs ?? 10_000);
    this.#attempts = 1 + wholeNumber("retries", options.retries ?? 4);
    this.#tracing = options.tracing ?? null;
    const { initialMs = 100, maxMs = 5_000 } = options.backoff ?? {};
    this.backoff = {
      initialMs: positive("backoff.initialMs", initialMs),
      maxMs: positive("backoff.maxMs", maxMs),
    };
  }

  /**
   * Sends a call until it is answered, within its time. Throws TidegateError, or the reason of the caller's
   * signal.
   */
  send<T>(call: Call, options: CallOptions = {}): Promise<Answer<T>> {
    if (this.#tracing === null || call.traced === undefined) return this.#send(call, options);
    const traced = { ...call.traced, server: this.#base };
    return this.#tracing.trace(traced, (headers) =>
      this.#send({ ...call, headers: { ...call.headers, ...headers } }, options),
    );
  }

  async #send<T>(call: Call, options: CallOptions): Promise<Answer<T>> {
    const request = this.#prepare(call);
    const waitMs = call.waitMs ?? 0;
    const deadline = Date.now() + positive("timeoutMs", options.timeoutMs ?? this.#timeoutMs) + waitMs;
    for (let attempt = 1; ; attempt++) {
      options.signal?.throwIfAborted();
      const attemptMs = (call.attemptTimeoutMs ?? this.#attemptTimeoutMs) + waitMs;
      const timeoutMs = Math.min(attemptMs, deadline - Date.now());
      const result = await this.#attempt<T>(request, timeoutMs, attempt, options.signal);
      if ("status" in result) return result;
      const delayMs = Math.max(delayBefore(attempt + 1, this.backoff), result.retryAfterMs ?? 0);
      const again = result.retryable && (call.repeatable || result.harmless);
      if (!again || attempt >= this.#attempts || Date.now() + delayMs >= deadline) throw result.error;
      await pause(delayMs, options.signal);
      // The process may have been suspended meanwhile.
      if (Date.now() >= deadline) throw result.error;
    }
  }

  /**
   * Makes one attempt, and answers as soon as the headers are there: for bodies that come bit by bit. Throws TidegateError,
   * or the reason of the signal, which ends the body as well.
   */
  async open(call: Call, signal: AbortSignal): Promise<Response> {
    const { url, init } = this.#prepare(call);
    const fetch = this.#fetch;
    try {
      const response = await fetch(url, { ...init, signal });
      if (response.ok) return response;
      throw refused(response, await response.text(), 1).error;
    } catch (thrown) {
      if (thrown instanceof TidegateError) throw thrown;
      if (signal.aborted) throw signal.reason;
      throw unanswered(thrown, "network", 1).error;
    }
  }

  /** The request of every attempt: the body is encoded once. */
  #prepare(call: Call): { url: string; init: RequestInit } {
    const headers: Record<string, string> = { ...this.#headers, ...call.headers };
    const init: RequestInit = { method: call.method, headers };
    if (call.fresh && keepsAnswers) init.cache = "no-store";
    if (call.body !== undefined) init.body = call.body as BodyInit;
    else if (call.json !== undefined) {
      headers["content-type"] = "application/json";
      init.body = encodeBody(call.json);
    }
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) query.set(name, String(value));
    const suffix = query.size > 0 ? `?${query}` : "";
    return { url: `${this.#base}/v1/${call.path}${suffix}`, init };
  }

  async #attempt<T>(
    request: { url: string; init: RequestInit },
    timeoutMs: number,
    attempt: number,
    signal: AbortSignal | undefined,
  ): Promise<Answer<T> | Failure> {
    const controller = new AbortController();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      controller.abort();
    }, timeoutMs);
    const onAbort = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const fetch = this.#fetch;
    try {
      const response = await fetch(request.url, { ...request.init, signal: controller.signal });
      const body = await response.text();
      if (!response.ok) return refused(response, body, attempt);
      return { status: response.status, body: (body === "" ? undefined : parseAnswer(body)) as T };
    } catch (thrown) {
      if (thrown instanceof TidegateError) throw thrown;
      if (signal?.aborted) throw signal.reason;
      return unanswered(thrown, timedOut ? "timeout" : "network", attempt);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }
}

/** Where there is no cache, some runtimes refuse to be told about it. */
const keepsAnswers = typeof Request === "function" && "cache" in Request.prototype;

/** A path of parts, each escaped, so that no name can point elsewhere. */
export function pathOf(...parts: readonly (string | number)[]): string {
  return parts.map((part) => encodeURIComponent(part)).join("/");
}

function parseAnswer(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (thrown) {
    throw new TidegateError(
      "INTERNAL",
      "The server's answer is not JSON: is this the address of Tidegate?",
      {},
      thrown,
    );
  }
}

function baseOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (thrown) {
    throw new TidegateError("INVALID", `url is no address: ${url}`, { field: "url" }, thrown);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new TidegateError("INVALID", "url must begin with http:// or https://", { field: "url" });
  }
  return (parsed.origin + parsed.pathname).replace(/\/+$/, "");
}

function positive(field: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TidegateError("INVALID", `${field} must be more than 0`, { field, limit: 0 });
}

function wholeNumber(field: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new TidegateError("INVALID", `${field} must be a whole number from 0`, { field, limit: 0 });
}
