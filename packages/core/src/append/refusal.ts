import { type ErrorCode, type ErrorDetails, isErrorCode, TidegateError } from "@tidegate/contracts";
import type { Backlog } from "./parcel.ts";

/** Nobody is sent away for less, or for more. */
const shortestMs = 1_000;
const longestMs = 300_000;
/** When to come back where nothing is known of the rate. */
const unknownMs = 5_000;
/** Which part of what waits has to leave before a Redis that is full has room worth speaking of: what a mark frees. */
const partOfBacklog = 16;

const firstLetter = 65;
const delayedPrefix = 100;

/** What a word of `append-units` refuses a unit with; null when it is a place. */
export function readRefusal(word: string): { code: ErrorCode; details: ErrorDetails } | null {
  const first = word.charCodeAt(0);
  if (first < firstLetter || first === delayedPrefix) return null;
  const [code = "", afterMs] = word.split(":");
  if (!isErrorCode(code)) return null;
  if (code !== "BACKLOG_FULL") return { code, details: {} };
  return { code, details: { retryAfterMs: bounded(afterMs === undefined ? null : Number(afterMs)) } };
}

/** A Redis without memory for more, with the time in which consumers will have made some. */
export function memoryFull(error: TidegateError, backlog: Backlog | null): TidegateError {
  const etaMs = backlog?.etaMs ?? null;
  const retryAfterMs = bounded(etaMs === null ? null : etaMs / partOfBacklog);
  return new TidegateError(error.code, error.message, { retryAfterMs, ...error.details }, error.cause);
}

function bounded(ms: number | null): number {
  return Math.min(longestMs, Math.max(shortestMs, Math.ceil(ms ?? unknownMs)));
}
