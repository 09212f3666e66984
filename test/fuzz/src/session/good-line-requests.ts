import type { Chance } from "../chance.ts";
import type { Draft } from "../generate/draft.ts";
import type { SessionState } from "./session-state.ts";

/** Requests about the waiting line of a topic, or null when the session knows too little for one. */
export function goodLineRequest(
  state: SessionState,
  chance: Chance,
  topic: string,
  group: string,
): Draft | null {
  const line = ["v1", "topics", topic, "line"];
  const kind = chance.pick([
    "put",
    "put",
    "get",
    "join",
    "join",
    "join",
    "visit",
    "visit",
    "visit",
    "delete",
  ]);
  if (kind === "put") return draft("PUT", line, settings(chance, group));
  if (kind === "get") return draft("GET", line);
  if (kind === "delete") return chance.oneIn(4) ? draft("DELETE", line) : null;
  if (kind === "join") {
    const made = draft("POST", [...line, "visitors"], chance.oneIn(2) ? {} : undefined);
    if (chance.oneIn(3)) made.headers.push(["Idempotency-Key", `j${chance.int(0, 5)}`]);
    return made;
  }
  if (state.visitors.length === 0) return null;
  const { topic: own, visitor } = chance.pick(state.visitors);
  const what = chance.pick(["admission", "admission", "heartbeat", "visitors"]);
  return draft("POST", ["v1", "topics", own, "line", what], { visitor });
}

function settings(chance: Chance, ordersGroup: string): unknown {
  return {
    id: chance.pick(["l1", "l1", "l2"]),
    opensAt: 0,
    startsAt: chance.pick<unknown>([1, 1, 1, "2100-01-01T00:00:00Z"]),
    ordersGroup,
    ...(chance.oneIn(3) ? { maxLag: chance.int(1, 5) } : {}),
    ...(chance.oneIn(4) ? { heartbeatMs: 1000, admissionMs: 1000 } : {}),
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
