import { TidegateError } from "@tidegate/contracts";
import type { Call } from "../call.ts";
import { type Grants, httpTasks, type Permission, type Tokens } from "./tokens.ts";

const bearer = /^Bearer +([\x21-\x7e]+)$/i;

/** Throws UNAUTHORIZED without a known bearer token, FORBIDDEN when its scopes do not allow the route. */
export function authorize(call: Call, tokens: Tokens, permission: Permission, reading = false): void {
  if (permission === "open") return;
  const grants = grantsOf(call, tokens);
  if (grants === undefined) throw new TidegateError("UNAUTHORIZED");
  const name = call.param("topic") ?? call.param("task") ?? "";
  const group = call.param("group") ?? "";
  if (!grants.allow(permission, name, group, reading)) throw forbidden(permission, name, group);
}

/** Throws FORBIDDEN when the token's scopes do not allow a task that the body names. */
export function authorizeTask(call: Call, tokens: Tokens, task: string): void {
  if (!grantsOf(call, tokens)?.allow("task", task, "")) throw forbidden("task", task, "");
}

/** Whether the request has a token with the scope `admin`. */
export function isAdmin(call: Call, tokens: Tokens): boolean {
  return grantsOf(call, tokens)?.allow("admin", "", "") ?? false;
}

function grantsOf(call: Call, tokens: Tokens): Grants | undefined {
  const header = call.header("authorization");
  const token = header === null ? null : bearer.exec(header);
  return token === null ? undefined : tokens.get(token[1]!);
}

function forbidden(permission: Permission, name: string, group: string): TidegateError {
  const takes = describe(permission, name, group);
  return new TidegateError("FORBIDDEN", `The token's scopes do not allow this: it takes ${takes}`);
}

function describe(permission: Permission, name: string, group: string): string {
  if (permission === "publish") return `publish:${name}`;
  if (permission === "consume") return `consume:${name}/${group}`;
  if (permission === "consume-topic") return `consume:${name}/*`;
  if (permission === "topic") return `a scope for ${name}`;
  if (permission === "task") return `task:${name}`;
  if (permission === "some-task") return "a scope task:<name>";
  if (permission === "http-task") return `task:${httpTasks}`;
  return "admin";
}
