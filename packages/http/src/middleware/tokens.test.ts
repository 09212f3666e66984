import { expect, test } from "vitest";
import { Grants, parseTokens } from "./tokens.ts";

test.each([
  ["publish:orders", "publish", "orders", "", true],
  ["publish:orders", "publish", "orders2", "", false],
  ["publish:shop.*", "publish", "shop.orders", "", true],
  ["publish:shop.*", "publish", "shopxorders", "", false],
  ["publish:*", "publish", "anything", "", true],
  ["publish:orders", "consume", "orders", "billing", false],
  ["publish:orders", "topic", "orders", "", true],
  ["publish:orders", "admin", "", "", false],
  ["consume:orders/billing", "consume", "orders", "billing", true],
  ["consume:orders/billing", "consume", "orders", "audit", false],
  ["consume:orders/*", "consume", "orders", "audit", true],
  ["consume:*/billing", "consume", "orders", "billing", true],
  ["consume:orders/billing", "consume-topic", "orders", "", true],
  ["consume:orders/billing", "consume-topic", "orders.billing.dlq", "", true],
  ["consume:orders/billing", "consume-topic", "orders.audit.dlq", "", false],
  ["consume:orders*/billing", "consume-topic", "orders.audit.dlq", "", false],
  ["consume:orders/billing", "publish", "orders", "", false],
  ["consume:orders/billing", "open", "", "", true],
  ["task:send-mail", "task", "send-mail", "", true],
  ["task:send-mail", "task", "send-text", "", false],
  ["task:send-*", "task", "send-text", "", true],
  ["task:send-mail", "publish", "send-mail", "", false],
  ["publish:*,consume:*/*", "task", "send-mail", "", false],
  ["publish:*,consume:*/*", "some-task", "", "", false],
  ["task:send-mail", "some-task", "", "", true],
  ["task:send-mail", "http-task", "", "", false],
  ["task:tidegate.http", "http-task", "", "", true],
  ["task:*", "http-task", "", "", true],
  ["task:*", "admin", "", "", false],
  ["publish:*", "publish", "tidegate.http-tasks", "", false],
  ["publish:tidegate.*", "publish", "tidegate.http-tasks", "", false],
  ["publish:tidegate.http-tasks", "publish", "tidegate.http-tasks", "", true],
  ["consume:*/*", "consume", "tidegate.http-tasks", "call", false],
  ["consume:*/*", "consume-topic", "tidegate.http-tasks.call.dlq", "", false],
  ["consume:tidegate.http-tasks/*", "consume-topic", "tidegate.http-tasks.call.dlq", "", true],
  ["admin", "publish", "tidegate.http-tasks", "", true],
  ["admin", "publish", "orders", "", true],
  ["admin", "consume", "orders", "billing", true],
  ["admin", "admin", "", "", true],
] as const)("%s, asked for %s on %s/%s: %s", (scope, permission, topic, group, allowed) => {
  expect(new Grants(scope.split(",")).allow(permission, topic, group)).toBe(allowed);
});

test("`read` allows all that changes nothing, and nothing else", () => {
  const grants = new Grants(["read"]);
  for (const permission of [
    "admin",
    "publish",
    "consume",
    "consume-topic",
    "topic",
    "task",
    "http-task",
  ] as const) {
    expect(grants.allow(permission, "orders", "billing", true), permission).toBe(true);
    expect(grants.allow(permission, "orders", "billing"), permission).toBe(false);
  }
  expect(new Grants(["publish:*"]).allow("consume", "orders", "billing", true)).toBe(false);
});

test("tokens are read with several scopes each", () => {
  const tokens = parseTokens("abc==publish:a,consume:a/b; root=admin\nlast=publish:*");
  expect([...tokens.keys()]).toEqual(["abc=", "root", "last"]);
  expect(tokens.get("abc=")!.allow("consume", "a", "b")).toBe(true);
  expect(parseTokens("").size).toBe(0);
});

test.each([
  "abc",
  "=admin",
  "a=",
  "a=admn",
  "a=publish:",
  "a=consume:x",
  "a=task:",
  "a=task:x/y",
  "a=admin;a=admin",
  "é=admin",
])("%j is refused", (text) => {
  expect(() => parseTokens(text)).toThrow(TypeError);
});
