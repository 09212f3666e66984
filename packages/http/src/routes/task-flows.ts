import { type EnqueuedFlow, enqueuedFlow, type TaskFlow, taskFlow, validate } from "@tidegate/contracts";
import { json } from "../answer.ts";
import type { Route } from "../route.ts";
import { readTaskJson } from "../tasks/read-task-json.ts";
import { traceOf } from "../wire/caller-trace.ts";

/** Trees of runs. */
export const taskFlowRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/task-flows",
    permission: "some-task",
    summary: "Enqueue a tree of runs, each of which starts when its children have ended; all or none",
    body: { schema: taskFlow },
    answers: { 202: enqueuedFlow },
    async handle(call, services) {
      const flow = validate(taskFlow, await readTaskJson(call));
      for (const task of tasksIn(flow)) services.requireTask(call, task);
      const made = await services.tasksOf(call).enqueueFlow(flow, traceOf(call));
      services.metrics?.enqueued("task", nodesOf(made), 0);
      return json(202, made);
    },
  },
];

function tasksIn(flow: TaskFlow, found = new Set<string>()): Set<string> {
  found.add(flow.task);
  for (const child of flow.children ?? []) tasksIn(child, found);
  return found;
}

function nodesOf({ children }: EnqueuedFlow): number {
  return children.reduce((sum, child) => sum + nodesOf(child), 1);
}
