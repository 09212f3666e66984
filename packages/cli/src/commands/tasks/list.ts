import { runState, type TaskDescription, TidegateError } from "@tidegate/contracts";
import type { Command, CommandCall } from "../../command.ts";
import { wholeNumber } from "../../parse/whole-number.ts";
import { sideBySide } from "../../side-by-side.ts";
import { UsageError } from "../../usage-error.ts";
import { filterOf, filterOptions } from "./failed-filter.ts";
import { listRuns, type RunsInput } from "./list-runs.ts";

interface Input extends RunsInput {
  readonly task?: string;
}

/** `tidegate tasks list` */
export const listTasks: Command<Input> = {
  name: "list",
  summary: "List tasks and how many of their runs stand where; of one task, runs in one state",
  arguments: [
    {
      name: "[task]",
      description: "list runs of this task: those that ended from the last that did, others in their turn",
    },
  ],
  options: [
    { flags: "--state <state>", description: "of the runs; default failed", choices: runState.options },
    ...filterOptions,
    { flags: "--limit <n>", description: "at most so many runs", parse: wholeNumber(1), default: 100 },
  ],
  examples: [
    "tidegate tasks list",
    "tidegate tasks list send-mail --state running",
    "tidegate tasks list send-mail --from -1h --error ECONNREFUSED",
    "tidegate tasks list --json | jq '.tasks[] | select(.counts.failed > 0) | .name'",
  ],
  run: (call) => (call.input.task === undefined ? listAll(call) : listRuns(call, call.input.task)),
};

async function listAll({ input, client, out, signal }: CommandCall<Input>): Promise<void> {
  if (input.state !== undefined || Object.keys(filterOf(input)).length > 0)
    throw new UsageError("--state, --from, --to and --error choose among the runs of one task: name it");
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
