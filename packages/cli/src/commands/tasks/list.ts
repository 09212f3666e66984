import type { TaskDescription, TaskStatus } from "@tidegate/contracts";
import { TidegateError } from "@tidegate/contracts";
import type { Command, CommandCall } from "../../command.ts";
import { shortened, timeCell } from "../../output/cell-text.ts";
import { wholeNumber } from "../../parse/whole-number.ts";
import { sideBySide } from "../../side-by-side.ts";
import { UsageError } from "../../usage-error.ts";
import { type FilterInput, filterOf, filterOptions } from "./failed-filter.ts";

interface Input extends FilterInput {
  readonly task?: string;
  readonly limit: number;
}

/** So many are asked for at once. */
const pageSize = 1000;

/** `tidegate tasks list` */
export const listTasks: Command<Input> = {
  name: "list",
  summary: "List tasks and how many of their runs stand where; of one task, the runs that failed",
  arguments: [{ name: "[task]", description: "list the failed runs of this task, the newest first" }],
  options: [
    ...filterOptions,
    { flags: "--limit <n>", description: "at most so many runs", parse: wholeNumber(1), default: 100 },
  ],
  examples: [
    "tidegate tasks list",
    "tidegate tasks list send-mail --from -1h --error ECONNREFUSED",
    "tidegate tasks list --json | jq '.tasks[] | select(.counts.failed > 0) | .name'",
  ],
  run: (call) => (call.input.task === undefined ? listAll(call) : listFailed(call, call.input.task)),
};

async function listAll({ input, client, out, signal }: CommandCall<Input>): Promise<void> {
  if (Object.keys(filterOf(input)).length > 0)
    throw new UsageError("--from, --to and --error choose among the failed runs of one task: name it");
  const names = await client.tasks.list({ signal });
  const described = await sideBySide(names, 8, (name) =>
    client.tasks.describe(name, { signal }).catch((error) => {
      if (error instanceof TidegateError && error.code === "TASK_NOT_FOUND") return null;
      throw error;
    }),
  );
  const tasks = described.filter((task): task is TaskDescription => task !== null);
  await out.table(
    { tasks },
    [
      { title: "task", value: ({ name }) => name },
      { title: "delayed", value: ({ counts }) => counts.delayed },
      { title: "waiting", value: ({ counts }) => counts.waiting },
      { title: "for children", value: ({ counts }) => counts["waiting-children"] },
      { title: "running", value: ({ counts }) => counts.running },
      { title: "completed", value: ({ counts }) => counts.completed },
      {
        title: "failed",
        value: ({ counts }) => counts.failed,
        style: ({ counts }, styles) => (counts.failed > 0 ? styles.bad : undefined),
      },
      {
        title: "state",
        value: ({ paused }) => (paused ? "paused" : null),
        style: (_, styles) => styles.warning,
      },
    ],
    tasks,
    "No worker has made a task known",
  );
}

async function listFailed({ input, client, out, signal }: CommandCall<Input>, task: string): Promise<void> {
  const runs: TaskStatus[] = [];
  let after: string | null | undefined;
  do {
    const limit = Math.min(pageSize, input.limit - runs.length);
    const query = { ...filterOf(input), limit, ...(after != null && { after }) };
    const page = await client.tasks.failed.list(task, query, { signal });
    runs.push(...page.tasks);
    after = page.next;
  } while (after !== null && runs.length < input.limit);
  await out.table(
    { tasks: runs, next: after },
    [
      { title: "id", value: ({ id }) => id },
      { title: "ended", value: ({ finishedAt }) => timeCell(finishedAt) },
      { title: "attempts", value: ({ attempts, maxAttempts }) => `${attempts}/${maxAttempts}` },
      { title: "error", value: ({ error }) => error?.name },
      { title: "message", value: ({ error }) => error && shortened(error.message) },
    ],
    runs,
    `No failed run of ${task} is kept`,
  );
  if (after !== null && !out.json) out.note(`There are more: --limit ${10 * input.limit} shows them`);
}
