import { TidegateError } from "@tidegate/contracts";
import type { Call } from "../call.ts";

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/;

/**
 * Throws FORBIDDEN unless the request was meant for this machine by this machine. A server without tokens listens on
 * loopback only, but a page of any site that the user visits can send there too: through a name of its own that it
 * points to loopback (Host tells), or across sites (Origin tells).
 */
export function requireLocal(call: Call): void {
  const host = call.header("host");
  const origin = call.header("origin");
  if (host !== null && !loopback.test(host)) throw refusal("Host", host);
  if (origin !== null && !loopback.test(origin.replace(/^https?:\/\//, ""))) throw refusal("Origin", origin);
}

function refusal(field: string, found: string): TidegateError {
  return new TidegateError(
    "FORBIDDEN",
    `Without tokens only this machine may ask, and ${field} says ${found.slice(0, 100)}`,
    { field, limit: "localhost" },
  );
}
