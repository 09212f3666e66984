import type { RunState, TaskStatus } from "@tidegate/contracts";
import type { CommandCall } from "../../command.ts";
import { shortened, timeCell } from "../../output/cell-text.ts";
import type { Column } from "../../output/table.ts";
import { UsageError } from "../../usage-error.ts";
import { type FilterInput, filterOf } from "./failed-filter.ts";

/** Which runs of a task are listed. */
export interface RunsInput extends FilterInput {
  readonly state?: RunState;
  readonly limit: number;
}

/** So many are asked for at once. */
const pageSize = 1000;

/** Lists the runs of a task that are in one state; by themselves those that failed, which may be filtered. */
export async function listRuns(call: CommandCall<RunsInput>, task: string): Promise<void> {
  const { input, out } = call;
  const state = input.state ?? "failed";
  if (state !== "failed" && Object.keys(filterOf(input)).length > 0)
    throw new UsageError("--from, --to and --error choose among runs that failed");
  const { runs, next } = await (state === "failed" ? failedRuns(call, task) : runsIn(call, task, state));
  await out.table(
    { tasks: runs, next },
    columnsFor(state),
    runs,
    `No run of ${task} is in the state ${state}`,
  );
  if (next !== null && !out.json) out.note(`There are more: --limit ${10 * input.limit} shows them`);
}

async function failedRuns({ input, client, signal }: CommandCall<RunsInput>, task: string) {
  const runs: TaskStatus[] = [];
  let next: string | null = null;
  do {
    const limit = Math.min(pageSize, input.limit - runs.length);
    const query = { ...filterOf(input), limit, ...(next !== null && { after: next }) };
    const page = await client.tasks.failed.list(task, query, { signal });
    runs.push(...page.tasks);
    next = page.next;
  } while (next !== null && runs.length < input.limit);
  return { runs, next };
}

async function runsIn({ input, client, signal }: CommandCall<RunsInput>, task: string, state: RunState) {
  const runs: TaskStatus[] = [];
  let next: number | null = null;
  do {
    const limit = Math.min(pageSize, input.limit - runs.length);
    const query = { state, limit, ...(next !== null && { from: next }) };
    const page = await client.tasks.runs(task, query, { signal });
    runs.push(...page.tasks);
    next = page.next;
  } while (next !== null && runs.length < input.limit);
  return { runs, next };
}

function columnsFor(state: RunState): Column<TaskStatus>[] {
  const id: Column<TaskStatus> = { title: "id", value: (run) => run.id };
  const attempts: Column<TaskStatus> = {
    title: "attempts",
    value: (run) => `${run.attempts}/${run.maxAttempts}`,
  };
  const enqueued: Column<TaskStatus> = { title: "enqueued", value: (run) => timeCell(run.enqueuedAt) };
  const ended: Column<TaskStatus> = { title: "ended", value: (run) => timeCell(run.finishedAt) };
  const json = (value: unknown) => (value === null ? null : shortened(JSON.stringify(value)));
  if (state === "failed")
    return [
      id,
      ended,
      attempts,
      { title: "error", value: ({ error }) => error?.name },
      { title: "message", value: ({ error }) => error && shortened(error.message) },
    ];
  if (state === "completed")
    return [id, ended, attempts, { title: "output", value: (run) => json(run.output) }];
  if (state === "running")
    return [
      id,
      { title: "started", value: (run) => timeCell(run.startedAt) },
      attempts,
      { title: "progress", value: (run) => json(run.progress) },
    ];
  if (state === "delayed")
    return [id, enqueued, { title: "due", value: (run) => timeCell(run.runAt) }, attempts];
  return [id, enqueued, { title: "priority", value: (run) => run.priority }, attempts];
}
