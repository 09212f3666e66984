import { Agent, type Dispatcher as Client, Pool } from "undici";
import { CallRefused, type CallRules } from "../rules/call-rules.ts";
import { guardedLookup, type Resolve } from "./guarded-lookup.ts";
import { readText } from "./read-text.ts";
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
    // The caller's signal ends a request, whatever takes long.
    headersTimeout: 0,
    bodyTimeout: 0,
    factory: (origin, options) =>
      new Pool(origin, {
        ...options,
        connect: { timeout: connectTimeoutMs, lookup: guardedLookup(new URL(origin), rules, resolve) },
      }),
  });
  const send = async ({ url, headers, body, signal }: SendRequest): Promise<SendAnswer> => {
    try {
      const { origin, pathname, search } = url;
      const options = { origin, path: pathname + search, method: "POST" as const, headers, body, signal };
      return answerOf(await agent.request(options), signal);
    } catch (error) {
      throw failureOf(error, signal);
    }
  };
  return { send: Object.assign(send, { resolves: true }), close: () => agent.destroy() };
}

function answerOf({ statusCode, headers, body }: Client.ResponseData, signal: AbortSignal): SendAnswer {
  // A connection that breaks later must not end the process when nobody reads any more.
  body.on("error", () => {});
  return {
    status: statusCode,
    header(name) {
      const value = headers[name];
      return (Array.isArray(value) ? value.join(", ") : value) ?? null;
    },
    async text(limit) {
      try {
        // Most answers are short and say so: reading them whole costs a third of going through them by chunks.
        if (Number(headers["content-length"]) <= limit || statusCode === 204)
          return { text: await body.text(), whole: true };
        return await readText(body, limit);
      } catch (error) {
        throw failureOf(error, signal);
      }
    },
    discard: () => void body.destroy(),
  };
}

function failureOf(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
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
