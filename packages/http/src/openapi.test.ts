import { afterAll, expect, inject, test } from "vitest";
import { testApp } from "./fixtures/test-app.ts";

const { call, stop } = testApp(inject("redisUrl"));
afterAll(stop);

interface Operation {
  responses: Record<string, unknown>;
  requestBody?: { content: Record<string, unknown> };
  parameters?: { name: string; in: string }[];
}

test("the document describes every route", async () => {
  const { status, body } = await call("GET", "/openapi.json");
  expect(status).toBe(200);
  expect(body.openapi).toBe("3.1.0");
  const operations = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(operations.sort()).toMatchInlineSnapshot(`
    [
      "DELETE /v1/http-tasks/schedules/{schedule}",
      "DELETE /v1/tasks/{task}/schedules/{schedule}",
      "DELETE /v1/tasks/{task}/{id}",
      "DELETE /v1/topics/{topic}",
      "DELETE /v1/topics/{topic}/groups/{group}",
      "DELETE /v1/topics/{topic}/line",
      "GET /healthz",
      "GET /metrics",
      "GET /openapi.json",
      "GET /readyz",
      "GET /v1/access",
      "GET /v1/doctor",
      "GET /v1/http-tasks/schedules",
      "GET /v1/http-tasks/schedules/{schedule}",
      "GET /v1/http-tasks/{id}",
      "GET /v1/overview",
      "GET /v1/overview/events",
      "GET /v1/signing-keys",
      "GET /v1/tasks",
      "GET /v1/tasks/{task}",
      "GET /v1/tasks/{task}/failed",
      "GET /v1/tasks/{task}/runs",
      "GET /v1/tasks/{task}/schedules",
      "GET /v1/tasks/{task}/schedules/{schedule}",
      "GET /v1/tasks/{task}/{id}",
      "GET /v1/tasks/{task}/{id}/events",
      "GET /v1/tasks/{task}/{id}/logs",
      "GET /v1/tickets/{ticket}",
      "GET /v1/tickets/{ticket}/events",
      "GET /v1/topics",
      "GET /v1/topics/{topic}",
      "GET /v1/topics/{topic}/audit",
      "GET /v1/topics/{topic}/groups",
      "GET /v1/topics/{topic}/groups/{group}",
      "GET /v1/topics/{topic}/groups/{group}/dead-letters",
      "GET /v1/topics/{topic}/groups/{group}/flow",
      "GET /v1/topics/{topic}/line",
      "GET /v1/topics/{topic}/partitions/{partition}/messages",
      "POST /v1/http-tasks",
      "POST /v1/http-tasks/schedules/{schedule}/pause",
      "POST /v1/http-tasks/schedules/{schedule}/resume",
      "POST /v1/signing-keys/rotate",
      "POST /v1/task-flows",
      "POST /v1/tasks/{task}",
      "POST /v1/tasks/{task}/batch",
      "POST /v1/tasks/{task}/failed/remove",
      "POST /v1/tasks/{task}/failed/retry",
      "POST /v1/tasks/{task}/pause",
      "POST /v1/tasks/{task}/resume",
      "POST /v1/tasks/{task}/schedules/{schedule}/pause",
      "POST /v1/tasks/{task}/schedules/{schedule}/resume",
      "POST /v1/tasks/{task}/{id}/cancel",
      "POST /v1/tasks/{task}/{id}/retry",
      "POST /v1/topics/{topic}/gate/credit",
      "POST /v1/topics/{topic}/groups/{group}/dead-letters/redrive",
      "POST /v1/topics/{topic}/groups/{group}/leases/{lease}/extend",
      "POST /v1/topics/{topic}/groups/{group}/leases/{lease}/settle",
      "POST /v1/topics/{topic}/groups/{group}/pause",
      "POST /v1/topics/{topic}/groups/{group}/receive",
      "POST /v1/topics/{topic}/groups/{group}/resume",
      "POST /v1/topics/{topic}/groups/{group}/seek",
      "POST /v1/topics/{topic}/line/admission",
      "POST /v1/topics/{topic}/line/heartbeat",
      "POST /v1/topics/{topic}/line/visitors",
      "POST /v1/topics/{topic}/messages",
      "PUT /v1/http-tasks/schedules/{schedule}",
      "PUT /v1/tasks/{task}/schedules/{schedule}",
      "PUT /v1/topics/{topic}",
      "PUT /v1/topics/{topic}/groups/{group}",
      "PUT /v1/topics/{topic}/groups/{group}/flow",
      "PUT /v1/topics/{topic}/line",
    ]
  `);
  const publish: Operation = body.paths["/v1/topics/{topic}/messages"].post;
  expect(Object.keys(publish.requestBody!.content)).toEqual(["application/json", "*/*"]);
  expect(publish.parameters!.map(({ name }) => name)).toEqual([
    "topic",
    "Tidegate-Key",
    "Tidegate-Delay-Ms",
    "Idempotency-Key",
    "Tidegate-Admission",
    "traceparent",
  ]);
});

test("every reference leads somewhere, and limits stand in it", async () => {
  const { body } = await call("GET", "/openapi.json");
  const text = JSON.stringify(body);
  for (const [, id] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
    expect(body.components.schemas).toHaveProperty(id!);
  expect(text).not.toContain("$schema");
  expect(body.components.schemas.TopicSettings).toMatchObject({
    additionalProperties: false,
    properties: { partitions: { minimum: 1, maximum: 1024 } },
  });
  expect(body.components.schemas.PublishRequest.properties.messages).toMatchObject({
    minItems: 1,
    maxItems: 1000,
  });
});
