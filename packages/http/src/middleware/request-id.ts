import type { Context } from "hono";

const acceptable = /^[\x21-\x7e]{1,128}$/;

/**
 * What a problem document names as its instance and a log line carries: the caller's `X-Request-Id` when it sent a
 * usable one, else a new UUID. Made only for answers that need one.
 */
export function requestId(context: Context): string {
  const given = context.req.raw.headers.get("x-request-id");
  return given !== null && acceptable.test(given) ? given : crypto.randomUUID();
}
