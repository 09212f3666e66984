import type { Operation } from "../openapi/document.ts";
import type { SchemaChecker } from "../openapi/schema-checker.ts";
import type { WireRequest } from "../wire/request.ts";
import { type Finding, finding } from "./finding.ts";

/** The tokens that a fuzzed server knows, and what `TIDEGATE_TOKENS` says of them. */
export const tokens = {
  admin: "fuzz-admin",
  narrow: "fuzz-narrow",
  configuration: "fuzz-admin=admin;fuzz-narrow=publish:s*,consume:s*/g*,task:f*",
} as const;

const forAdmins = [
  ...[
    "PUT /v1/topics/{topic}",
    "DELETE /v1/topics/{topic}",
    "GET /v1/topics",
    "GET /metrics",
    "GET /v1/tasks",
  ],
  ...["POST /v1/tasks/{task}/pause", "POST /v1/tasks/{task}/resume", "POST /v1/tasks/{task}/{id}/retry"],
  ...["DELETE /v1/tasks/{task}/{id}", "POST /v1/http-tasks", "GET /v1/http-tasks/{id}"],
];
const ofAdmins = /^\S+ \/v1\/(tasks\/\{task\}\/(failed|schedules)|http-tasks\/schedules)/;

/** What should have kept a request from success: its token, or a body that the document does not allow. */
export function faultOfAccepted(
  request: WireRequest,
  operation: Operation,
  checker: SchemaChecker,
): Finding | null {
  if (operation.secured) {
    const fault = faultOfToken(request, operation);
    if (fault !== null) return fault;
  }
  if (operation.body === null) return null;
  if (request.framing === "cut") return finding("half a body was taken", operation.path);
  if (operation.takesRaw && !isJson(request)) return null;
  const { body } = request;
  if ((body === null || body.length === 0) && !operation.bodyRequired) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body ?? Buffer.alloc(0)));
  } catch {
    return finding(`no JSON was taken: ${operation.path}`, String(body));
  }
  const fault = checker.fault(operation.body, value);
  return fault === null
    ? null
    : finding(`taken against the schema: ${operation.path}`, `${fault} in ${body}`);
}

function faultOfToken(request: WireRequest, operation: Operation): Finding | null {
  const given = request.headers.filter(([name]) => name.toLowerCase() === "authorization");
  const has = (token: string) => given.some(([, value]) => value.includes(token));
  if (has(tokens.admin)) return null;
  if (!has(tokens.narrow)) return finding("no token was needed", operation.path);
  const asked = `${operation.method} ${operation.path}`;
  const isForAdmins = forAdmins.includes(asked) || ofAdmins.test(asked);
  return isForAdmins ? finding("a narrow token was enough", operation.path) : null;
}

function isJson(request: WireRequest): boolean {
  const types = request.headers.filter(([name]) => name.toLowerCase() === "content-type");
  return /^\s*application\/json\s*(;|$)/i.test(types[0]?.[1] ?? "");
}
