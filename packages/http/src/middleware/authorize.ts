import { TidegateError } from "@tidegate/contracts";
import type { Call } from "../call.ts";
import type { Permission, Tokens } from "./tokens.ts";

const bearer = /^Bearer +([\x21-\x7e]+)$/i;

/** Throws UNAUTHORIZED without a known bearer token, FORBIDDEN when its scopes do not allow the route. */
export function authorize(call: Call, tokens: Tokens, permission: Permission): void {
  if (permission === "open") return;
  const header = call.header("authorization");
  const token = header === null ? null : bearer.exec(header);
  const grants = token === null ? undefined : tokens.get(token[1]!);
  if (grants === undefined) throw new TidegateError("UNAUTHORIZED");
  const topic = call.param("topic") ?? "";
  const group = call.param("group") ?? "";
  if (grants.allow(permission, topic, group)) return;
  throw new TidegateError(
    "FORBIDDEN",
    `The token's scopes do not allow this: it takes ${describe(permission, topic, group)}`,
  );
}

function describe(permission: Permission, topic: string, group: string): string {
  if (permission === "publish") return `publish:${topic}`;
  if (permission === "consume") return `consume:${topic}/${group}`;
  if (permission === "consume-topic") return `consume:${topic}/*`;
  if (permission === "topic") return `a scope for ${topic}`;
  return "admin";
}
