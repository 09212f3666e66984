import type { Call } from "../call.ts";

const acceptable = /^[\x21-\x7e]{1,128}$/;

/**
 * What a problem document names as its instance and a log line carries: the caller's `X-Request-Id` when it sent a
 * usable one, else a new UUID. Made only for answers that need one.
 */
export function requestId(call: Call): string {
  const given = call.header("x-request-id");
  return given !== null && acceptable.test(given) ? given : crypto.randomUUID();
}
