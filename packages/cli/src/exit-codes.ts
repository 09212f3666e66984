import { type ErrorCode, TidegateError } from "@tidegate/contracts";
import { Interruption, OutputClosed } from "./io.ts";
import { UsageError } from "./usage-error.ts";

/** What the exit status of a run says. Scripts rest on these. */
export const exitCodes = {
  ok: 0,
  /** The server refused, or something failed: the line on stderr has the code. */
  refused: 1,
  /** What was typed is wrong; nothing was asked of the server. */
  usage: 2,
  /** The server, or Redis, cannot be reached or does not answer. */
  unreachable: 3,
  /** The token is missing, unknown, or may not do this. */
  noRights: 4,
  /** Ctrl-C. SIGTERM is 143. */
  interrupted: 130,
} as const;

const unreachableCodes: ReadonlySet<ErrorCode> = new Set(["UNREACHABLE", "REDIS_UNAVAILABLE"]);
const rightsCodes: ReadonlySet<ErrorCode> = new Set(["UNAUTHORIZED", "FORBIDDEN"]);

/** The exit status for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof OutputClosed) return exitCodes.ok;
  if (error instanceof Interruption) return error.exitCode;
  if (error instanceof UsageError) return exitCodes.usage;
  if (!(error instanceof TidegateError)) return exitCodes.refused;
  if (unreachableCodes.has(error.code)) return exitCodes.unreachable;
  return rightsCodes.has(error.code) ? exitCodes.noRights : exitCodes.refused;
}

/** The line on stderr for what a command threw: `error: CODE detail (field, limit)`. Null where nothing is to be said. */
export function errorLine(error: unknown, target: string | null): string | null {
  if (error instanceof OutputClosed || error instanceof Interruption) return null;
  if (!(error instanceof TidegateError))
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  const { field, limit, retryAfterMs } = error.details;
  const notes = [
    field,
    limit === undefined ? undefined : `limit ${limit}`,
    retryAfterMs === undefined ? undefined : `again in ${retryAfterMs} ms`,
    unreachableCodes.has(error.code) && target !== null ? target : undefined,
  ].filter((note) => note !== undefined);
  return `error: ${error.code} ${error.message}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`;
}
