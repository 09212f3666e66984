import { readiness, TidegateError } from "@tidegate/contracts";
import { json, text } from "../answer.ts";
import type { Route } from "../route.ts";

/** What the operator's machinery asks: liveness, readiness, counters. */
export const operationRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/healthz",
    permission: "open",
    always: true,
    summary: "Liveness: the process answers",
    answers: { 200: "text/plain" },
    handle: () => text("text/plain; charset=UTF-8", "ok\n"),
  },
  {
    method: "GET",
    path: "/readyz",
    permission: "open",
    always: true,
    summary: "Readiness: Redis is reachable and fit; else 503 with what stands in the way",
    answers: { 200: readiness, 503: readiness },
    async handle(call, services) {
      const { reachable, version, evictionPolicy, problems } = await services.engineOf(call).health();
      const ready = reachable && problems.length === 0;
      return json(ready ? 200 : 503, { ready, redisVersion: version, evictionPolicy, problems });
    },
  },
  {
    method: "GET",
    path: "/metrics",
    permission: "admin",
    always: true,
    summary: "Metrics of this process, and of what its Redis holds, as Prometheus text",
    answers: { 200: "text/plain" },
    async handle(_call, { metrics }) {
      if (metrics === null) throw new TidegateError("NOT_SUPPORTED", "This server keeps no metrics");
      return text(metrics.contentType, await metrics.text());
    },
  },
];
