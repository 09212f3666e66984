import { TidegateError } from "@tidegate/contracts";
import type { Context, Hono } from "hono";
import { requestId } from "./middleware/request-id.ts";
import { problemResponse } from "./problem.ts";

const methods = ["GET", "PUT", "POST", "DELETE"];

/**
 * Answers what no route matches: OPTIONS with the methods of the resource, an unknown method with 405, a path with an
 * empty name with the field that is empty, anything else with 404.
 */
export function notFound(app: Hono, context: Context): Response {
  const { path, method } = context.req;
  const allowed = methods.filter((candidate) => app.router.match(candidate, path)[0].length > 0);
  if (allowed.length > 0) {
    if (allowed.includes("GET")) allowed.push("HEAD");
    const headers = { allow: [...allowed, "OPTIONS"].join(", ") };
    if (method === "OPTIONS") return new Response(null, { status: 204, headers });
    const error = new TidegateError("METHOD_NOT_ALLOWED", `${path} knows ${headers.allow}, not ${method}`);
    return problemResponse(error, requestId(context), { headers });
  }
  return problemResponse(
    emptyName(path) ?? new TidegateError("NOT_FOUND", `There is nothing at ${path}`),
    requestId(context),
  );
}

const empty: readonly [RegExp, string][] = [
  [/^\/v1\/topics\/(\/|$)/, "topic"],
  [/^\/v1\/topics\/[^/]+\/groups\/(\/|$)/, "group"],
  [/^\/v1\/topics\/[^/]+\/groups\/[^/]+\/leases\/(\/|$)/, "lease"],
  [/^\/v1\/topics\/[^/]+\/partitions\/(\/|$)/, "partition"],
  [/^\/v1\/tickets\/(\/|$)/, "ticket"],
];

function emptyName(path: string): TidegateError | null {
  const field = empty.find(([pattern]) => pattern.test(path))?.[1];
  return field === undefined ? null : new TidegateError("INVALID", `${field} is empty`, { field, limit: 1 });
}
