import { afterAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"), { localOnly: true });
afterAll(stop);

test.each([
  [200, {}],
  [200, { host: "localhost:8080" }],
  [200, { host: "127.0.0.1:8080", origin: "http://localhost:5173" }],
  [200, { host: "[::1]:8080" }],
  [403, { host: "rebound.example:8080" }],
  [403, { host: "127.0.0.1.example" }],
  [403, { host: "localhost:8080", origin: "https://shop.example" }],
  [403, { host: "localhost:8080", origin: "null" }],
  [403, { host: "localhost:8080", origin: "http://localhost.example" }],
])("without tokens, %i for %j", async (status, headers) => {
  const answer = await call("GET", "/v1/topics", undefined, headers as Record<string, string>);
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.body).toMatchObject({ code: "FORBIDDEN", limit: "localhost" });
});

test("a page of another site cannot publish", async () => {
  const headers = { host: "127.0.0.1:8080", origin: "https://shop.example" };
  const body = { messages: [{ value: 1 }] };
  expect((await call("POST", "/v1/topics/orders/messages", body, headers)).status).toBe(403);
});
