import { errorTable, type Problem, type PublishOutcome, TidegateError } from "@tidegate/contracts";
import type { Answer } from "./answer.ts";

const problemType = "application/problem+json";
/** When to come back after an error that may pass, where the engine cannot say. */
const usualRetryAfterMs = 1000;

/** What a problem document may say beyond its error. */
export interface ProblemExtra {
  readonly messages?: PublishOutcome[];
  readonly redirectTo?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The error as a problem document (RFC 9457), with `Retry-After` in whole seconds where it may pass. */
export function problemAnswer(error: TidegateError, instance: string, extra: ProblemExtra = {}): Answer {
  const { title, status, retryable } = errorTable[error.code];
  const { field, limit, retryAfterMs = usualRetryAfterMs } = error.details;
  const problem: Problem = {
    type: `urn:tidegate:error:${error.code}`,
    title,
    status,
    detail: error.message,
    instance: /^[0-9a-f-]{36}$/.test(instance)
      ? `urn:uuid:${instance}`
      : `urn:tidegate:request:${encodeURIComponent(instance)}`,
    code: error.code,
    retryable,
  };
  if (field !== undefined) problem.field = field;
  if (limit !== undefined) problem.limit = limit;
  if (extra.redirectTo !== undefined) problem.redirectTo = extra.redirectTo;
  if (extra.messages !== undefined) problem.messages = extra.messages;
  const headers: Record<string, string> = { ...extra.headers, "content-type": problemType };
  if (retryable) {
    problem.retryAfterMs = Math.max(0, Math.ceil(retryAfterMs));
    headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  }
  headers["x-request-id"] = instance;
  return { status, headers, body: JSON.stringify(problem) };
}

/** Any thrown value as an error of the table: what we did not throw ourselves is INTERNAL, its text kept inside. */
export function asTidegateError(error: unknown): TidegateError {
  if (error instanceof TidegateError) return error;
  return new TidegateError("INTERNAL", undefined, {}, error);
}
