import { TidegateError } from "@tidegate/contracts";
import type { Call } from "../call.ts";
import type { Grants, Permission, Tokens } from "./tokens.ts";

const bearer = /^Bearer +([\x21-\x7e]+)$/i;

/** Throws UNAUTHORIZED without a known bearer token, FORBIDDEN when its scopes do not allow the route. */
export function authorize(call: Call, tokens: Tokens, permission: Permission): void {
  if (permission === "open") return;
  const grants = grantsOf(call, tokens);
  if (grants === undefined) throw new TidegateError("UNAUTHORIZED");
  const topic = call.param("topic") ?? "";
  const group = call.param("group") ?? "";
  if (grants.allow(permission, topic, group)) return;
  throw new TidegateError(
    "FORBIDDEN",
    `The token's scopes do not allow this: it takes ${describe(permission, topic, group)}`,
  );
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

function describe(permission: Permission, topic: string, group: string): string {
  if (permission === "publish") return `publish:${topic}`;
  if (permission === "consume") return `consume:${topic}/${group}`;
  if (permission === "consume-topic") return `consume:${topic}/*`;
  if (permission === "topic") return `a scope for ${topic}`;
  return "admin";
}
