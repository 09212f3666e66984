import { limits, taskLogs, taskStatus } from "@tidegate/contracts";
import { json, noContent } from "../answer.ts";
import { eventAnswer } from "../events/state-events.ts";
import { queryOf, type Route, signalOf, wholeNumberOf } from "../route.ts";
import { taskEventKind } from "../tasks/task-event-kind.ts";
import { runOf, taskOf } from "../tasks/task-path.ts";

const path = "/v1/tasks/:task/:id";
const statusQuery = { waitMs: "How long to wait for the run's end, 0 to 30,000 (0)." };

/** What has become of a run, and its end by somebody's will. */
export const taskRunRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    permission: "task",
    summary: "Where a run stands, its output or its error",
    query: statusQuery,
    answers: { 200: taskStatus },
    async handle(call, services) {
      const waitMs = wholeNumberOf(queryOf(call, statusQuery), "waitMs", 0, limits.ticketWaitMs) ?? 0;
      const task = taskOf(call);
      const id = runOf(call);
      const tasks = services.tasksOf(call);
      if (waitMs === 0) return json(200, await tasks.get(task, id));
      call.waitMs = waitMs;
      const signal = signalOf(call.signal, services);
      return json(200, await tasks.wait(task, id, { timeoutMs: waitMs, signal }));
    },
  },
  {
    method: "GET",
    path: `${path}/events`,
    permission: "task",
    summary:
      "Each change of a run and its progress, as server-sent events; 204 when the caller knows the last",
    headers: { "Last-Event-ID": "The last event that the caller had, as browsers send it." },
    answers: { 200: "text/event-stream", 204: null },
    async handle(call, services) {
      const task = taskOf(call);
      const id = runOf(call);
      const tasks = services.tasksOf(call);
      return eventAnswer(call, services, {
        kind: taskEventKind,
        first: await tasks.get(task, id),
        watch: tasks.mayWatch ? (signal) => tasks.watch(task, id, { signal }) : null,
      });
    },
  },
  {
    method: "GET",
    path: `${path}/logs`,
    permission: "task",
    summary: "What the handler noted, the oldest line first",
    answers: { 200: taskLogs },
    async handle(call, services) {
      const task = taskOf(call);
      const id = runOf(call);
      return json(200, await services.tasksOf(call).logs(task, id));
    },
  },
  {
    method: "POST",
    path: `${path}/cancel`,
    permission: "task",
    summary: "Let a run end, whether it waits or runs; one that has ended is TASK_STATE",
    answers: { 204: null },
    async handle(call, services) {
      const task = taskOf(call);
      const id = runOf(call);
      await services.tasksOf(call).cancel(task, id);
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/retry`,
    permission: "admin",
    summary: "Let a failed run begin anew",
    answers: { 204: null },
    async handle(call, services) {
      const task = taskOf(call);
      const id = runOf(call);
      await services.tasksOf(call).retry(task, id);
      return noContent();
    },
  },
  {
    method: "DELETE",
    path,
    permission: "admin",
    summary: "Forget a run that is not running",
    answers: { 204: null },
    async handle(call, services) {
      const task = taskOf(call);
      const id = runOf(call);
      await services.tasksOf(call).remove(task, id);
      return noContent();
    },
  },
];
