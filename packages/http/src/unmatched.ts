import { TidegateError } from "@tidegate/contracts";
import type { Hono } from "hono";
import type { Answer } from "./answer.ts";
import type { Call } from "./call.ts";
import { requestId } from "./middleware/request-id.ts";
import { problemAnswer } from "./problem.ts";

const methods = ["GET", "PUT", "POST", "DELETE"];

/**
 * Answers what no route matches: OPTIONS with the methods of the resource, an unknown method with 405, a path with an
 * empty name with the field that is empty, anything else with 404.
 */
export function notFound(app: Hono, call: Call): Answer {
  const { path, method } = call;
  const allowed = methods.filter((candidate) => app.router.match(candidate, path)[0].length > 0);
  if (allowed.length > 0) {
    if (allowed.includes("GET")) allowed.push("HEAD");
    const headers = { allow: [...allowed, "OPTIONS"].join(", ") };
    if (method === "OPTIONS") return { status: 204, headers, body: null };
    const error = new TidegateError("METHOD_NOT_ALLOWED", `${path} knows ${headers.allow}, not ${method}`);
    return problemAnswer(error, requestId(call), { headers });
  }
  return problemAnswer(
    emptyName(path) ?? new TidegateError("NOT_FOUND", `There is nothing at ${path}`),
    requestId(call),
  );
}

const empty: readonly [RegExp, string][] = [
  [/^\/v1\/topics\/(\/|$)/, "topic"],
  [/^\/v1\/topics\/[^/]+\/groups\/(\/|$)/, "group"],
  [/^\/v1\/topics\/[^/]+\/groups\/[^/]+\/leases\/(\/|$)/, "lease"],
  [/^\/v1\/topics\/[^/]+\/partitions\/(\/|$)/, "partition"],
  [/^\/v1\/tickets\/(\/|$)/, "ticket"],
  [/^\/v1\/tasks\/(\/|$)/, "task"],
  [/^\/v1\/tasks\/[^/]+\/schedules\/(\/|$)/, "schedule"],
  [/^\/v1\/tasks\/[^/]+\/(\/|$)/, "id"],
  [/^\/v1\/http-tasks\/schedules\/(\/|$)/, "schedule"],
  [/^\/v1\/http-tasks\/(\/|$)/, "id"],
];

function emptyName(path: string): TidegateError | null {
  const field = empty.find(([pattern]) => pattern.test(path))?.[1];
  return field === undefined ? null : new TidegateError("INVALID", `${field} is empty`, { field, limit: 1 });
}
