import { taskSchedule, taskScheduleList, taskScheduleSettings, validate } from "@tidegate/contracts";
import { json, noContent } from "../answer.ts";
import type { Route } from "../route.ts";
import { readTaskJson } from "../tasks/read-task-json.ts";
import { scheduleOf, taskOf } from "../tasks/task-path.ts";

const all = "/v1/tasks/:task/schedules";
const path = `${all}/:schedule`;

/** What runs a task again and again. */
export const taskScheduleRoutes: readonly Route[] = [
  {
    method: "GET",
    path: all,
    permission: "admin",
    summary: "List the schedules of a task by id",
    answers: { 200: taskScheduleList },
    async handle(call, services) {
      return json(200, { schedules: await services.tasksOf(call).schedules.list(taskOf(call)) });
    },
  },
  {
    method: "PUT",
    path,
    permission: "admin",
    summary: "Make a schedule (201) or replace it (200); a paused one stays paused",
    body: { schema: taskScheduleSettings },
    answers: { 200: taskSchedule, 201: taskSchedule },
    async handle(call, services) {
      const task = taskOf(call);
      const id = scheduleOf(call);
      const settings = validate(taskScheduleSettings, await readTaskJson(call));
      const { schedule, created } = await services.tasksOf(call).schedules.put(task, id, settings);
      return json(created ? 201 : 200, schedule);
    },
  },
  {
    method: "GET",
    path,
    permission: "admin",
    summary: "Describe a schedule, and when it is next due",
    answers: { 200: taskSchedule },
    async handle(call, services) {
      return json(200, await services.tasksOf(call).schedules.get(taskOf(call), scheduleOf(call)));
    },
  },
  {
    method: "DELETE",
    path,
    permission: "admin",
    summary: "Delete a schedule; what it has enqueued already runs",
    answers: { 204: null },
    async handle(call, services) {
      await services.tasksOf(call).schedules.delete(taskOf(call), scheduleOf(call));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/pause`,
    permission: "admin",
    summary: "Enqueue nothing until the schedule is resumed",
    answers: { 204: null },
    async handle(call, services) {
      await services.tasksOf(call).schedules.pause(taskOf(call), scheduleOf(call));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/resume`,
    permission: "admin",
    summary: "Go on with a schedule at its next time",
    answers: { 204: null },
    async handle(call, services) {
      await services.tasksOf(call).schedules.resume(taskOf(call), scheduleOf(call));
      return noContent();
    },
  },
];
