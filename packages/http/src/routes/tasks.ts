import {
  type Enqueued,
  enqueueBatchRequest,
  enqueued,
  enqueuedBatch,
  enqueueRequest,
  taskDescription,
  taskList,
  validate,
} from "@tidegate/contracts";
import { type Answer, json, jsonText, noContent } from "../answer.ts";
import { countOne } from "../api-metrics.ts";
import type { Call } from "../call.ts";
import type { Route, Services } from "../route.ts";
import { readEnqueue } from "../tasks/read-enqueue.ts";
import { readTaskJson } from "../tasks/read-task-json.ts";
import { taskOf } from "../tasks/task-path.ts";
import { traceOf } from "../wire/caller-trace.ts";

const path = "/v1/tasks/:task";

/** `POST /v1/tasks/{task}`. */
export const enqueueRoute: Route = {
  method: "POST",
  path,
  permission: "task",
  summary: "Enqueue a run of a task, now, later, or once of several",
  body: { schema: enqueueRequest },
  answers: { 202: enqueued },
  handle: enqueue,
};

/** Enqueue runs of tasks; describe and steer a task. */
export const taskRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/tasks",
    permission: "admin",
    summary: "List by name the tasks that workers have made known",
    answers: { 200: taskList },
    async handle(call, services) {
      const tasks = await services.tasksOf(call).list();
      return json(200, { tasks: tasks.map(({ name }) => ({ name })) });
    },
  },
  {
    method: "GET",
    path,
    permission: "task",
    summary: "Describe a task: the schema of its input, and how many runs stand where",
    answers: { 200: taskDescription },
    async handle(call, services) {
      return json(200, await services.tasksOf(call).describe(taskOf(call)));
    },
  },
  {
    method: "POST",
    path: `${path}/batch`,
    permission: "task",
    summary: "Enqueue runs of a task: all of them, or none",
    body: { schema: enqueueBatchRequest },
    answers: { 202: enqueuedBatch },
    async handle(call, services) {
      const task = taskOf(call);
      const { tasks } = validate(enqueueBatchRequest, await readTaskJson(call));
      const made = await services.tasksOf(call).enqueueMany(task, tasks, traceOf(call));
      const duplicates = made.filter(({ duplicate }) => duplicate === true).length;
      services.metrics?.enqueued("task", made.length - duplicates, duplicates);
      return json(202, { tasks: made });
    },
  },
  {
    method: "POST",
    path: `${path}/pause`,
    permission: "admin",
    summary: "Begin no run until the task is resumed",
    answers: { 204: null },
    async handle(call, services) {
      await services.tasksOf(call).pause(taskOf(call));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/resume`,
    permission: "admin",
    summary: "Begin runs again",
    answers: { 204: null },
    async handle(call, services) {
      await services.tasksOf(call).resume(taskOf(call));
      return noContent();
    },
  },
];

/** Enqueues the run that a request carries. */
export async function enqueue(call: Call, services: Services): Promise<Answer> {
  const task = taskOf(call);
  const { input, options } = readEnqueue(await readTaskJson(call));
  const made = await services.tasksOf(call).enqueue(task, input, options, traceOf(call));
  if (services.metrics !== null) countOne("task", made, services.metrics);
  return jsonText(202, showEnqueued(made));
}

/** By hand: an id has nothing to escape. */
function showEnqueued({ id, duplicate }: Enqueued): string {
  return duplicate === true ? `{"id":"${id}","duplicate":true}` : `{"id":"${id}"}`;
}
