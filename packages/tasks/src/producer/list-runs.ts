import { limits, type RunPage, type RunState, TidegateError } from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { JobType } from "bullmq";
import { statusOf } from "../job/run-status.ts";
import type { KnownTask } from "./known-task.ts";
import type { Queues } from "./queues.ts";

/** Which runs are listed. */
export interface RunsQuery {
  readonly state: RunState;
  /** Go on at this place of the list: the `next` of the page before. Default 0. */
  readonly from?: number;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
}

/** Where BullMQ keeps runs of a state, in the order in which they are listed. */
const lists: Readonly<Record<RunState, readonly JobType[]>> = {
  delayed: ["delayed"],
  waiting: ["wait", "prioritized"],
  "waiting-children": ["waiting-children"],
  running: ["active"],
  completed: ["completed"],
  failed: ["failed"],
};
/** What has ended is listed from the last that did; what has not, from the first whose turn it is. */
const newestFirst: ReadonlySet<RunState> = new Set(["completed", "failed"]);
const defaultLimit = 100;

/**
 * Runs of a state by their place in its list. What moves on between two pages may be told twice, or not at all; each is told as it
 * stands when it is looked at.
 */
export async function listRuns(
  queues: Queues,
  book: TaskBook,
  { name, attempts }: KnownTask,
  { state, from = 0, limit = defaultLimit }: RunsQuery,
): Promise<RunPage> {
  requireWithin("limit", limit, 1, limits.tasksAtATime);
  requireWithin("from", from, 0, Number.MAX_SAFE_INTEGER);
  const ids = await idsOf(queues, book, name, state, from, limit + 1);
  const page = ids.slice(0, limit);
  const records = await Promise.all(page.map((id) => book.runs.read({ task: name, id })));
  const tasks = page.map((id, index) => statusOf(name, id, records[index]!, attempts));
  return {
    tasks: tasks.filter((status) => status !== null),
    next: ids.length > limit ? from + limit : null,
  };
}

async function idsOf(
  queues: Queues,
  book: TaskBook,
  task: string,
  state: RunState,
  from: number,
  count: number,
): Promise<string[]> {
  const queue = queues.of(task);
  const ascending = !newestFirst.has(state);
  const ids: string[] = [];
  let skip = from;
  for (const list of lists[state]) {
    const missing = count - ids.length;
    if (missing <= 0) break;
    ids.push(...(await book.answer(queue.getRanges([list], skip, skip + missing - 1, ascending))));
    if (ids.length > 0) skip = 0;
    else skip = Math.max(0, skip - ((await book.answer(queue.getJobCounts(list)))[list] ?? 0));
  }
  return ids;
}

function requireWithin(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new TidegateError("INVALID", `${field} must be a whole number from ${least} to ${most}`, {
    field,
    limit: value < least ? least : most,
  });
}
