import {
  type ErrorCode,
  errorTable,
  isErrorCode,
  type Problem,
  type PublishOutcome,
  TidegateError,
} from "@tidegate/contracts";
import { parseRetryAfter } from "./backoff.ts";

/** An attempt that failed, and what that says about another one. */
export interface Failure {
  readonly error: TidegateError;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Whether it is certain that the request changed nothing. */
  readonly harmless: boolean;
  /** When the server wants to be asked again. */
  readonly retryAfterMs: number | null;
}

/** Codes that say that nothing was stored and nothing was leased. */
const harmlessCodes: ReadonlySet<string> = new Set<ErrorCode>(["OVERLOADED", "BACKLOG_FULL", "STALE_TOPIC"]);

/** What connections fail with before anything was sent. Only Node and Bun say so; elsewhere it is unknown. */
const unsentCodes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ConnectionRefused",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Statuses that a proxy answers with when the server behind it is away. */
const awayStatuses: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: "INVALID",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  413: "REQUEST_TOO_LARGE",
  422: "INVALID",
};

/** No answer came: the connection failed or broke, or the time was up. */
export function unanswered(thrown: unknown, reason: "network" | "timeout", attempts: number): Failure {
  const text =
    reason === "timeout"
      ? "The server did not answer in time"
      : `The server did not answer: ${rootText(thrown)}`;
  const error = new TidegateError("UNREACHABLE", text, { reason, attempts }, thrown);
  return { error, retryable: true, harmless: reason === "network" && wasUnsent(thrown), retryAfterMs: null };
}

/** An answer that is no success. */
export function refused(response: Response, body: string, attempts: number): Failure {
  const problem = parseProblem(body);
  const retryAfterMs =
    problem?.retryAfterMs ?? parseRetryAfter(response.headers.get("retry-after"), Date.now());
  if (problem) return refusedBy(problem, retryAfterMs, attempts);
  const away = awayStatuses.has(response.status);
  const code = away ? "UNREACHABLE" : (codeOfStatus[response.status] ?? "INTERNAL");
  const details = { reason: "proxy", attempts, ...(retryAfterMs !== null && { retryAfterMs }) };
  const error = new TidegateError(
    code,
    `The server answered ${response.status} without a problem document`,
    details,
  );
  return { error, retryable: away, harmless: false, retryAfterMs };
}

function refusedBy(problem: Problem, retryAfterMs: number | null, attempts: number): Failure {
  const { code, detail, instance, field, limit, messages } = problem;
  // A newer server may know more codes than this client.
  const known: ErrorCode = isErrorCode(code) ? code : (codeOfStatus[problem.status] ?? "INTERNAL");
  const error = new TidegateError(known, detail || errorTable[known].title, {
    ...(field !== undefined && { field }),
    ...(limit !== undefined && { limit }),
    ...(retryAfterMs !== null && { retryAfterMs }),
    ...(messages !== undefined && { messages }),
    ...(known !== code && { unknownCode: code }),
    requestId: instance?.replace(/^urn:(uuid|tidegate:request):/, "") ?? null,
    attempts,
  });
  const someLater = messages?.some((message) => "code" in message && message.retryable) ?? false;
  return {
    error,
    // Of a publish, those that were admitted are answered again, and those that were refused for now get another chance.
    retryable: problem.retryable === true || someLater,
    harmless: harmlessCodes.has(code),
    retryAfterMs,
  };
}

/**
 * For each message of a publish, in order, its place or why it was refused; null when the error is not about
 * messages.
 */
export function outcomesOf(error: unknown): PublishOutcome[] | null {
  if (!(error instanceof TidegateError)) return null;
  return Array.isArray(error.details.messages) ? error.details.messages : null;
}

function parseProblem(body: string): Problem | null {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null) return null;
    const { code, status } = parsed as Partial<Problem>;
    return typeof code === "string" && typeof status === "number" ? (parsed as Problem) : null;
  } catch {
    return null;
  }
}

function wasUnsent(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (unsentCodes.has((error as { code?: unknown }).code)) return true;
    if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(wasUnsent);
  }
  return false;
}

function rootText(thrown: unknown): string {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as { code?: unknown }).code ?? error.name);
}
