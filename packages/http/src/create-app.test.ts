import { TidegateError } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createApp, type Failure } from "./create-app.ts";
import { testApp } from "./fixtures/test-app.ts";
import { parseTokens } from "./middleware/tokens.ts";

describe("with tokens", () => {
  const tokens = parseTokens(
    "root=admin;shop=publish:orders,publish:shop.*;billing=consume:orders/billing;both=publish:orders,consume:orders/*",
  );
  const { call, stop } = testApp(inject("redisUrl"), { tokens });
  const as = (token: string, method: string, path: string, body?: unknown) =>
    call(method, path, body, { authorization: `Bearer ${token}` });
  afterAll(stop);
  beforeAll(async () => {
    await as("root", "PUT", "/v1/topics/orders", {});
  });

  const publish = ["POST", "/v1/topics/orders/messages", { messages: [{ value: 1 }] }] as const;
  const receive = ["POST", "/v1/topics/orders/groups/billing/receive", {}] as const;
  test.each([
    ["root", 202, ...publish],
    ["shop", 202, ...publish],
    ["both", 202, ...publish],
    ["billing", 403, ...publish],
    ["shop", 404, "POST", "/v1/topics/shop.carts/messages", { messages: [{ value: 1 }] }],
    ["shop", 403, "POST", "/v1/topics/shopcarts/messages", { messages: [{ value: 1 }] }],
    ["billing", 200, ...receive],
    ["both", 200, ...receive],
    ["shop", 403, ...receive],
    ["billing", 403, "POST", "/v1/topics/orders/groups/audit/receive", {}],
    ["billing", 403, "POST", "/v1/topics/other/groups/billing/receive", {}],
    ["billing", 200, "PUT", "/v1/topics/orders/groups/billing", {}],
    ["billing", 403, "DELETE", "/v1/topics/orders/groups/audit", undefined],
    ["shop", 200, "GET", "/v1/topics/orders", undefined],
    ["billing", 200, "GET", "/v1/topics/orders", undefined],
    ["billing", 403, "GET", "/v1/topics/others", undefined],
    ["shop", 403, "PUT", "/v1/topics/orders", {}],
    ["both", 403, "DELETE", "/v1/topics/orders", undefined],
    ["both", 403, "GET", "/v1/topics", undefined],
    ["both", 403, "GET", "/metrics", undefined],
    ["root", 422, "GET", "/metrics", undefined],
    ["shop", 403, "GET", "/v1/topics/orders/partitions/0/messages", undefined],
    ["billing", 200, "GET", "/v1/topics/orders/partitions/0/messages", undefined],
    ["billing", 200, "GET", "/v1/topics/orders.billing.dlq/partitions/0/messages", undefined],
    ["billing", 403, "GET", "/v1/topics/orders.audit.dlq/partitions/0/messages", undefined],
    ["shop", 403, "POST", "/v1/topics/orders/gate/credit", { ticket: "x" }],
    ["billing", 422, "POST", "/v1/topics/orders/gate/credit", { ticket: "x" }],
  ])("%s gets %i for %s %s", async (token, status, method, path, body) => {
    const answer = await as(token, method, path, body);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body).toMatchObject({ code: "FORBIDDEN", retryable: false });
  });

  test.each([
    {},
    { authorization: "Bearer nobody" },
    { authorization: "Basic root" },
    { authorization: "Bearer" },
  ])("%j is UNAUTHORIZED", async (headers) => {
    const answer = await call("GET", "/v1/topics", undefined, headers);
    expect(answer).toMatchObject({ status: 401, body: { code: "UNAUTHORIZED" } });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("the scheme is written in any case", async () => {
    expect((await call("GET", "/v1/topics", undefined, { authorization: "bearer root" })).status).toBe(200);
  });

  test("health and the document are open", async () => {
    for (const path of ["/healthz", "/readyz", "/openapi.json"])
      expect((await call("GET", path)).status).toBe(200);
  });
});

describe("an answer that is an error", () => {
  const { call, stop } = testApp(inject("redisUrl"));
  afterAll(stop);

  test("is a problem document", async () => {
    const answer = await call("GET", "/v1/topics/nowhere");
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toEqual({
      type: "urn:tidegate:error:TOPIC_NOT_FOUND",
      title: "The topic does not exist",
      status: 404,
      detail: expect.stringContaining("nowhere"),
      instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      code: "TOPIC_NOT_FOUND",
      retryable: false,
    });
  });

  test("names the caller's request id", async () => {
    const answer = await call("GET", "/v1/topics/nowhere", undefined, {
      "x-request-id": "order 7".replace(" ", "-"),
    });
    expect(answer.headers.get("x-request-id")).toBe("order-7");
    expect(answer.body.instance).toBe("urn:tidegate:request:order-7");
    const other = await call("GET", "/v1/topics/nowhere", undefined, { "x-request-id": "a b".repeat(100) });
    expect(other.body.instance).toMatch(/^urn:uuid:/);
  });
});

test("a failure is told to the app, and its text is kept inside", async () => {
  const failures: Failure[] = [];
  const engine = {
    isRedisSilent: () => false,
    topics: { list: () => Promise.reject(new Error("secret of the house")) },
    health: () => Promise.reject(new TidegateError("REDIS_UNAVAILABLE", undefined, { retryAfterMs: 2500 })),
  } as unknown as Engine;
  const app = createApp({ engine, onFailure: (failure) => failures.push(failure) });
  const internal = await app.request("/v1/topics");
  expect(internal.status).toBe(500);
  expect(await internal.text()).not.toContain("secret");
  const unavailable = await app.request("/readyz");
  expect(unavailable.status).toBe(503);
  expect(unavailable.headers.get("retry-after")).toBe("3");
  expect(failures.map(({ path, error }) => [path, error.code])).toEqual([
    ["/v1/topics", "INTERNAL"],
    ["/readyz", "REDIS_UNAVAILABLE"],
  ]);
  expect(failures[0]!.error.cause).toBeInstanceOf(Error);
});
