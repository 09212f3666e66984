import {
  failedFilter,
  failedOutcome,
  failedPage,
  failedSelection,
  limits,
  validate,
} from "@tidegate/contracts";
import { json } from "../answer.ts";
import type { WebCall } from "../call.ts";
import { queryOf, type Route, wholeNumberOf } from "../route.ts";
import { readTaskJson } from "../tasks/read-task-json.ts";
import { taskOf } from "../tasks/task-path.ts";
import type { FailedQuery } from "../tasks/task-producer.ts";

const path = "/v1/tasks/:task/failed";
const listQuery = {
  from: "Those that ended then or later: milliseconds since 1970, or ISO 8601.",
  to: "Those that ended then or earlier.",
  error: "Those whose error has this text in it.",
  after: "Go on behind the page before: its `next`.",
  limit: "How many, 1 to 1,000 (100).",
};

/** Runs that have failed: look at them, try them again, forget them. */
export const failedTaskRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    permission: "admin",
    summary: "List failed runs, the newest first",
    query: listQuery,
    answers: { 200: failedPage },
    async handle(call, services) {
      const task = taskOf(call);
      const query = readQuery(call);
      return json(200, await services.tasksOf(call).failed.list(task, query));
    },
  },
  {
    method: "POST",
    path: `${path}/retry`,
    permission: "admin",
    summary: "Let failed runs begin anew, so many a second; `more` asks for the same request again",
    body: { schema: failedSelection },
    answers: { 200: failedOutcome },
    async handle(call, services) {
      const task = taskOf(call);
      const selection = validate(failedSelection, await readTaskJson(call));
      return json(200, await services.tasksOf(call).failed.retry(task, selection));
    },
  },
  {
    method: "POST",
    path: `${path}/remove`,
    permission: "admin",
    summary: "Forget failed runs",
    body: { schema: failedSelection },
    answers: { 200: failedOutcome },
    async handle(call, services) {
      const task = taskOf(call);
      const selection = validate(failedSelection, await readTaskJson(call));
      return json(200, await services.tasksOf(call).failed.remove(task, selection));
    },
  },
];

function readQuery(call: WebCall): FailedQuery {
  const query = queryOf(call, listQuery);
  const { from, to, error, after } = query;
  const limit = wholeNumberOf(query, "limit", 1, limits.tasksAtATime);
  const filter = {
    ...(from !== undefined && { from: momentOf(from) }),
    ...(to !== undefined && { to: momentOf(to) }),
    ...(error !== undefined && { error }),
  };
  return {
    ...validate(failedFilter, filter),
    ...(after !== undefined && { after }),
    ...(limit !== undefined && { limit }),
  };
}

/** In a query everything is text. */
function momentOf(text: string): string | number {
  return /^\d{1,16}$/.test(text) ? Number(text) : text;
}
