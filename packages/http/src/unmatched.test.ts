import { afterAll, expect, inject, test } from "vitest";
import { testApp } from "./fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

test.each([
  ["GET", "/"],
  ["GET", "/v2/topics"],
  ["POST", "/v1/topics/a/b/c/d/e"],
  ["GET", "/v1/topics/a/messages/7"],
  ["OPTIONS", "/nowhere"],
])("%s %s: there is nothing", async (method, path) => {
  expect(await call(method, path)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
});

test.each([
  ["PATCH", "/v1/topics/a", "GET, PUT, DELETE, HEAD, OPTIONS"],
  ["POST", "/v1/topics", "GET, HEAD, OPTIONS"],
  ["GET", "/v1/topics/a/messages", "POST, OPTIONS"],
  ["DELETE", "/v1/topics/a/groups/b/receive", "POST, OPTIONS"],
  ["PUT", "/healthz", "GET, HEAD, OPTIONS"],
])("%s %s is not a method of it", async (method, path, allow) => {
  const answer = await call(method, path);
  expect(answer).toMatchObject({ status: 405, body: { code: "METHOD_NOT_ALLOWED" } });
  expect(answer.headers.get("allow")).toBe(allow);
});

test("OPTIONS tells the methods, HEAD answers without a body", async () => {
  const options = await call("OPTIONS", "/v1/topics/a");
  expect(options).toMatchObject({ status: 204, body: "" });
  expect(options.headers.get("allow")).toBe("GET, PUT, DELETE, HEAD, OPTIONS");
  expect(await call("HEAD", "/healthz")).toMatchObject({ status: 200, body: "" });
});

test.each([
  ["PUT", "/v1/topics/", "topic"],
  ["POST", "/v1/topics//messages", "topic"],
  ["PUT", "/v1/topics/a/groups/", "group"],
  ["POST", "/v1/topics/a/groups//receive", "group"],
  ["POST", "/v1/topics/a/groups/b/leases//settle", "lease"],
  ["GET", "/v1/topics/a/partitions//messages", "partition"],
])("%s %s has an empty name", async (method, path, field) => {
  expect(await call(method, path)).toMatchObject({ status: 422, body: { code: "INVALID", field } });
});
