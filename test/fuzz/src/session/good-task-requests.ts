import { runState } from "@tidegate/contracts";
import type { Chance } from "../chance.ts";
import type { Draft } from "../generate/draft.ts";
import type { SessionState } from "./session-state.ts";

/** The task that the run's own worker carries out: it does as its input says. */
export const fuzzTask = "fuzz";

const task = ["v1", "tasks", fuzzTask];
const year = 31_536_000_000;

/** What is listed more often happens more often. */
const kinds = [
  ...["enqueue", "enqueue", "enqueue", "enqueue", "enqueue", "enqueue", "batch", "batch", "flow"],
  ...["get", "get", "get", "events", "logs", "cancel", "cancel", "retry", "retry", "delete", "delete"],
  ...[
    "describe",
    "list",
    "steer",
    "steer",
    "runs",
    "failed",
    "failed",
    "refail",
    "schedule",
    "schedule",
    "schedule",
  ],
  ...["call", "call", "call", "look", "look", "httpSchedule", "httpSchedule", "httpSchedule"],
] as const;

/** A request about tasks or HTTP tasks, or null when the session knows too little for it. */
export function goodTaskRequest(state: SessionState, chance: Chance, prefix: string): Draft | null {
  const kind = chance.pick(kinds);
  if (kind === "enqueue") return draft("POST", task, run(chance, prefix));
  if (kind === "batch") {
    const tasks = Array.from({ length: chance.pick([1, 2, 5]) }, () => run(chance, prefix));
    return draft("POST", [...task, "batch"], { tasks });
  }
  if (kind === "flow") return draft("POST", ["v1", "task-flows"], flow(chance, 2));
  if (kind === "describe") return draft("GET", task);
  if (kind === "list") return draft("GET", ["v1", "tasks"]);
  // A task that stays paused carries out nothing: resumed three times as often.
  if (kind === "steer") return draft("POST", [...task, chance.pick(["pause", "resume", "resume", "resume"])]);
  if (kind === "runs") return listRuns(chance);
  if (kind === "failed") return listFailed(chance);
  if (kind === "refail") return refail(state, chance);
  if (kind === "schedule")
    return ofSchedule(chance, [...task, "schedules"], { ...rare(chance), input: input(chance) });
  if (kind === "httpSchedule")
    return ofSchedule(chance, ["v1", "http-tasks", "schedules"], {
      when: rare(chance),
      call: target(chance),
    });
  if (kind === "call") return draft("POST", ["v1", "http-tasks"], call(chance));
  if (kind === "look")
    return state.calls.length === 0 ? null : draft("GET", ["v1", "http-tasks", chance.pick(state.calls).id]);
  return ofRun(state, chance, kind);
}

function ofRun(
  state: SessionState,
  chance: Chance,
  kind: "get" | "events" | "logs" | "cancel" | "retry" | "delete",
) {
  if (state.runs.length === 0) return null;
  const path = ["v1", "tasks", fuzzTask, chance.pick(state.runs).id];
  if (kind === "delete") return draft("DELETE", path);
  if (kind === "cancel" || kind === "retry") return draft("POST", [...path, kind]);
  // A stream ends with its run, which may be a year off.
  if (kind === "events") return draft("HEAD", [...path, kind]);
  if (kind === "logs") return draft("GET", [...path, kind]);
  return { ...draft("GET", path), query: chance.oneIn(2) ? [["waitMs", "30"] as [string, string]] : [] };
}

function input(chance: Chance): unknown {
  return { do: chance.pick(["succeed", "fail", "fail", "note"]), n: chance.int(0, 1000) };
}

function run(chance: Chance, prefix: string): object {
  return {
    input: input(chance),
    ...chance.pick([
      {},
      {},
      {},
      { delayMs: chance.pick([0, 30, year]) },
      { runAt: chance.pick([0, "2100-01-01T00:00:00Z"]) },
    ]),
    ...(chance.oneIn(4) ? { priority: chance.int(1, 5) } : {}),
    ...(chance.oneIn(4) ? { id: `${prefix}-${chance.int(0, 5)}` } : {}),
    ...(chance.oneIn(6) ? { deduplicationId: `${prefix}-${chance.int(0, 3)}` } : {}),
  };
}

function flow(chance: Chance, depth: number): object {
  const children = depth === 0 ? 0 : chance.int(0, 2);
  return {
    task: fuzzTask,
    input: input(chance),
    ...(chance.oneIn(2) ? { onFailure: chance.pick(["ignore", "fail"]) } : {}),
    children: Array.from({ length: children }, () => flow(chance, depth - 1)),
  };
}

function listRuns(chance: Chance): Draft {
  const query: [string, string][] = [["state", chance.pick(runState.options)]];
  if (chance.oneIn(2)) query.push(["limit", String(chance.int(1, 20))]);
  if (chance.oneIn(3)) query.push(["from", String(chance.int(0, 10))]);
  return { ...draft("GET", [...task, "runs"]), query };
}

function listFailed(chance: Chance): Draft {
  const query: [string, string][] = [["limit", String(chance.int(1, 20))]];
  if (chance.oneIn(3)) query.push(["from", chance.pick(["0", "2020-01-01T00:00:00Z"])]);
  if (chance.oneIn(3)) query.push(["error", "fail"]);
  return { ...draft("GET", [...task, "failed"]), query };
}

function refail(state: SessionState, chance: Chance): Draft {
  const what = chance.pick(["retry", "remove"]);
  const ids = state.runs.slice(-3).map(({ id }) => id);
  const some = ids.length > 0 && chance.oneIn(2);
  return draft(
    "POST",
    [...task, "failed", what],
    some ? { ids } : { all: true, perSecond: 100, error: "fail" },
  );
}

/** So seldom that none is due while the run lasts. */
function rare(chance: Chance): object {
  return chance.pick([
    { everyMs: year },
    { cron: "0 0 29 2 *", timeZone: chance.pick(["UTC", "Europe/Berlin", "Asia/Kathmandu"]) },
    { everyMs: year, startAt: "2100-01-01T00:00:00Z", limit: 3 },
  ]);
}

function ofSchedule(chance: Chance, all: readonly string[], settings: object): Draft {
  const path = [...all, chance.pick(["s1", "s2"])];
  const way = chance.pick(["put", "put", "put", "get", "list", "pause", "resume", "delete"]);
  if (way === "put") return draft("PUT", path, settings);
  if (way === "get") return draft("GET", path);
  if (way === "list") return draft("GET", all);
  if (way === "delete") return draft("DELETE", path);
  return draft("POST", [...path, way]);
}

function target(chance: Chance): object {
  return {
    url: "https://shop.invalid/hook",
    ...chance.pick([
      {},
      { body: { n: 1 } },
      { body: "text", method: "PUT" },
      { bodyBase64: "/w==" },
      { method: "GET" },
    ]),
    ...(chance.oneIn(4) ? { headers: { "x-shop": "1" } } : {}),
    ...(chance.oneIn(4) ? { retries: chance.int(0, 5) } : {}),
    ...(chance.oneIn(6) ? { flowKey: "shop", timeoutMs: 1000 } : {}),
    ...(chance.oneIn(6) ? { callbackUrl: "https://shop.invalid/done" } : {}),
  };
}

function call(chance: Chance): object {
  return {
    ...target(chance),
    ...chance.pick([{}, { delayMs: chance.pick([0, 20, year]) }, { runAt: "2030-01-01T00:00:00Z" }]),
    ...(chance.oneIn(4) ? { idempotencyKey: `h${chance.int(0, 5)}` } : {}),
  };
}

function draft(method: string, path: readonly string[], body?: unknown): Draft {
  return {
    method,
    path: [...path],
    query: [],
    headers: body === undefined ? [] : [["Content-Type", "application/json"]],
    body,
  };
}
