import { enqueuedHttpTask, httpTaskRequest, httpTaskStatus, validate } from "@tidegate/contracts";
import { json } from "../answer.ts";
import { countOne } from "../api-metrics.ts";
import type { Route } from "../route.ts";
import { readTaskJson } from "../tasks/read-task-json.ts";
import { traceOf } from "../wire/caller-trace.ts";

/** Calls of endpoints, now or later. */
export const httpTaskRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/http-tasks",
    permission: "http-task",
    summary: "Call an endpoint, now or later, until it answers with 2xx or the retries are used up",
    body: { schema: httpTaskRequest },
    answers: { 202: enqueuedHttpTask },
    async handle(call, services) {
      const request = validate(httpTaskRequest, await readTaskJson(call));
      const made = await services.httpTasksOf(call).enqueue(request, traceOf(call));
      if (services.metrics !== null) countOne("http", made, services.metrics);
      return json(202, made);
    },
  },
  {
    method: "GET",
    path: "/v1/http-tasks/:id",
    permission: "http-task",
    summary: "Where a call stands, and what the endpoint answered",
    answers: { 200: httpTaskStatus },
    async handle(call, services) {
      return json(200, await services.httpTasksOf(call).get(call.param("id") ?? ""));
    },
  },
];
