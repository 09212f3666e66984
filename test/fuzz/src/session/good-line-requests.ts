import type { Chance } from "../chance.ts";
import type { Draft } from "../generate/draft.ts";
import type { SessionState } from "./session-state.ts";

/** What is listed more often happens more often. */
const kinds = [
  ...["put", "get", "get", "join", "join", "join", "join", "delete"],
  ...["visit", "visit", "visit", "visit", "visit", "visit", "visit", "visit", "visit", "visit"],
];

/** A request about a waiting line, or null when the session knows too little for one. */
export function goodLineRequest(state: SessionState, chance: Chance, prefix: string): Draft | null {
  if (state.gated.size === 0) {
    const gate = { id: "sale-1", stock: 20 };
    return draft("PUT", ["v1", "topics", `${prefix}-b`], { partitions: 2, placement: "together", gate });
  }
  const kind = state.lines.size === 0 ? "put" : chance.pick(kinds);
  if (kind === "put") return putLine(state, chance);
  if (kind === "visit") return ofVisitor(state, chance);
  const path = linePath(chance.pick([...state.lines]));
  if (kind === "get") return draft("GET", path);
  if (kind === "delete") return chance.oneIn(2) ? draft("DELETE", path) : null;
  const made = draft("POST", [...path, "visitors"], chance.oneIn(2) ? {} : undefined);
  if (chance.oneIn(3)) made.headers.push(["Idempotency-Key", `j${chance.int(0, 5)}`]);
  return made;
}

function putLine(state: SessionState, chance: Chance): Draft {
  const topic = chance.pick([...state.gated]);
  const groups = [...(state.topics.get(topic) ?? [])];
  if (groups.length === 0) return draft("PUT", ["v1", "topics", topic, "groups", "g1"], {});
  return draft("PUT", linePath(topic), settings(chance, chance.pick(groups)));
}

function ofVisitor(state: SessionState, chance: Chance): Draft | null {
  if (state.visitors.length === 0) return null;
  const { topic, visitor } = chance.pick(state.visitors.slice(-3));
  const what = chance.pick(["admission", "admission", "heartbeat", "heartbeat", "visitors"]);
  return draft("POST", [...linePath(topic), what], { visitor });
}

function linePath(topic: string): string[] {
  return ["v1", "topics", topic, "line"];
}

function settings(chance: Chance, ordersGroup: string): unknown {
  return {
    id: chance.oneIn(8) ? "l2" : "l1",
    opensAt: 0,
    startsAt: chance.oneIn(8) ? "2100-01-01T00:00:00Z" : 1,
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
