import { httpSchedule, httpScheduleList, httpScheduleSettings, validate } from "@tidegate/contracts";
import { json, noContent } from "../answer.ts";
import type { Route } from "../route.ts";
import { readTaskJson } from "../tasks/read-task-json.ts";
import { scheduleOf } from "../tasks/task-path.ts";

const all = "/v1/http-tasks/schedules";
const path = `${all}/:schedule`;

/** What calls an endpoint again and again. */
export const httpScheduleRoutes: readonly Route[] = [
  {
    method: "GET",
    path: all,
    permission: "admin",
    summary: "List the schedules of HTTP tasks by id",
    answers: { 200: httpScheduleList },
    async handle(call, services) {
      return json(200, { schedules: await services.httpTasksOf(call).schedules.list() });
    },
  },
  {
    method: "PUT",
    path,
    permission: "admin",
    summary: "Make a schedule of HTTP tasks (201) or replace it (200); a paused one stays paused",
    body: { schema: httpScheduleSettings },
    answers: { 200: httpSchedule, 201: httpSchedule },
    async handle(call, services) {
      const id = scheduleOf(call);
      const settings = validate(httpScheduleSettings, await readTaskJson(call));
      const { schedule, created } = await services.httpTasksOf(call).schedules.put(id, settings);
      return json(created ? 201 : 200, schedule);
    },
  },
  {
    method: "GET",
    path,
    permission: "admin",
    summary: "Describe a schedule of HTTP tasks, and when it is next due",
    answers: { 200: httpSchedule },
    async handle(call, services) {
      return json(200, await services.httpTasksOf(call).schedules.get(scheduleOf(call)));
    },
  },
  {
    method: "DELETE",
    path,
    permission: "admin",
    summary: "Delete a schedule of HTTP tasks; what is on its way already is called",
    answers: { 204: null },
    async handle(call, services) {
      await services.httpTasksOf(call).schedules.delete(scheduleOf(call));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/pause`,
    permission: "admin",
    summary: "Call nothing until the schedule is resumed",
    answers: { 204: null },
    async handle(call, services) {
      await services.httpTasksOf(call).schedules.pause(scheduleOf(call));
      return noContent();
    },
  },
  {
    method: "POST",
    path: `${path}/resume`,
    permission: "admin",
    summary: "Go on with a schedule of HTTP tasks at its next time",
    answers: { 204: null },
    async handle(call, services) {
      await services.httpTasksOf(call).schedules.resume(scheduleOf(call));
      return noContent();
    },
  },
];
