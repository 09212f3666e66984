import { randomBytes } from "node:crypto";

/** A namespace that no other test has, so that tests share one Redis in parallel. */
export function testNamespace(): string {
  return `t-${randomBytes(8).toString("hex")}`;
}
