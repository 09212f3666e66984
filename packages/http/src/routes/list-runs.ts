import { limits, runPage, runState, validate } from "@tidegate/contracts";
import { json } from "../answer.ts";
import { queryOf, type Route, wholeNumberOf } from "../route.ts";
import { taskOf } from "../tasks/task-path.ts";

const query = {
  state: `Runs in this state: ${runState.options.join(", ")}.`,
  from: "Go on at this place of the list: the `next` of the page before.",
  limit: `At most so many runs, 1 to ${limits.tasksAtATime} (default 100).`,
};

/** `GET /v1/tasks/{task}/runs`: what stands in one state. */
export const listRunsRoute: Route = {
  method: "GET",
  path: "/v1/tasks/:task/runs",
  permission: "admin",
  summary:
    "List the runs in one state: those that have ended from the last that did, others from the first whose turn it is",
  query,
  answers: { 200: runPage },
  async handle(call, services) {
    const given = queryOf(call, query);
    const state = validate(runState, given.state, "state");
    const from = wholeNumberOf(given, "from", 0, Number.MAX_SAFE_INTEGER);
    const limit = wholeNumberOf(given, "limit", 1, limits.tasksAtATime);
    const wanted = {
      state,
      ...(from !== undefined && { from }),
      ...(limit !== undefined && { limit }),
    };
    return json(200, await services.tasksOf(call).runs(taskOf(call), wanted));
  },
};
