import type { TaskDescription, TaskStatus } from "@tidegate/contracts";
import type { Command, CommandCall } from "../../command.ts";
import { shortened, timeCell } from "../../output/cell-text.ts";
import { fieldsText } from "../../output/fields.ts";
import { printable } from "../../output/printable.ts";
import type { Styles } from "../../output/styles.ts";
import { showDuration } from "../../parse/duration.ts";
import { UsageError } from "../../usage-error.ts";

interface Input {
  readonly task: string;
  readonly id?: string;
  readonly logs?: boolean;
  readonly follow?: boolean;
  readonly http?: boolean;
}

/** `tidegate tasks show` */
export const showTask: Command<Input> = {
  name: "show",
  summary: "Show a task, or what has become of one of its runs",
  arguments: [
    { name: "<task>", description: "its name; with --http the id of a call" },
    { name: "[id]", description: "of a run" },
  ],
  options: [
    { flags: "--logs", description: "what the run's handler noted, too" },
    { flags: "--http", description: "what has become of the call of an endpoint, and what it answered" },
    {
      flags: "--follow",
      description: "each change of the run up to its end; with --json one document a line",
    },
  ],
  examples: [
    "tidegate tasks show send-mail",
    "tidegate tasks show send-mail 5f0c7a --logs",
    "tidegate tasks show --http AbXy0w",
    "tidegate tasks show send-mail 5f0c7a --follow --json | jq .progress",
  ],
  async run(call) {
    const { task, id, logs, follow, http } = call.input;
    if (http === true) return showHttpTask(call);
    if (id === undefined && (logs === true || follow === true))
      throw new UsageError("--logs and --follow are about one run: give its id");
    if (id === undefined) return showDefinition(call);
    if (follow === true) await followRun(call, id);
    else if (logs !== true) await showRun(call, id);
    if (logs === true) await showLogs(call, task, id, follow === true);
  },
};

async function showHttpTask({ input, client, out, signal }: CommandCall<Input>): Promise<void> {
  const { task: id, logs, follow } = input;
  if (input.id !== undefined || logs === true || follow === true)
    throw new UsageError("--http takes the id of one call, and nothing else");
  const call = await client.httpTasks.get(id, { signal });
  const { state, runAt, response, error } = call;
  const answer = response && `${response.status} ${shortened(response.body, 200)}`;
  const text = () =>
    fieldsText(
      [
        ["state", state],
        ["due", timeCell(runAt) ?? undefined],
        ["answer", answer ?? undefined],
        ["error", error ?? undefined],
      ],
      out.styles,
    );
  await out.document(call, text);
}

async function showDefinition({ input, client, out, signal }: CommandCall<Input>): Promise<void> {
  const task = await client.tasks.describe(input.task, { signal });
  await out.document(task, () => `${definitionText(task, out.styles)}`);
}

function definitionText(
  { name, attempts, timeoutMs, paused, counts, inputSchema }: TaskDescription,
  styles: Styles,
): string {
  return fieldsText(
    [
      ["task", name],
      ["state", paused ? "paused" : undefined],
      ["attempts", `at most ${attempts}, ${showDuration(timeoutMs)} each`],
      ...Object.entries(counts).map(([state, count]) => [state, count] as const),
      ["input", JSON.stringify(inputSchema)],
    ],
    styles,
  );
}

async function showRun({ input, client, out, signal }: CommandCall<Input>, id: string): Promise<void> {
  const run = await client.tasks.get(input.task, id, { signal });
  await out.document(run, () => runText(run, out.styles));
}

function runText(run: TaskStatus, styles: Styles): string {
  const { state, error, progress, output } = run;
  const ended = { completed: styles.good, failed: styles.bad, cancelled: styles.warning } as const;
  const shown = state in ended ? ended[state as keyof typeof ended](state) : state;
  const json = (value: unknown) => (value === null ? undefined : JSON.stringify(value));
  const rest = fieldsText(
    [
      ["run", `${run.id} of ${run.task}`],
      ["attempts", `${run.attempts} of at most ${run.maxAttempts}`],
      ["priority", run.priority ?? undefined],
      ["schedule", run.schedule ?? undefined],
      ["progress", json(progress)],
      ["output", json(output)],
      ["error", error === null ? undefined : `${error.name}: ${error.message}`],
      ["enqueued", timeCell(run.enqueuedAt)],
      ["due", timeCell(run.runAt) ?? undefined],
      ["started", timeCell(run.startedAt) ?? undefined],
      ["ended", timeCell(run.finishedAt) ?? undefined],
    ],
    styles,
  );
  return `${styles.dim("state".padEnd(8))}  ${shown}\n${rest}`;
}

async function followRun({ input, client, out, signal }: CommandCall<Input>, id: string): Promise<void> {
  for await (const run of client.tasks.watch(input.task, id, { signal })) {
    if (out.json) await out.write(`${JSON.stringify(run)}\n`);
    else {
      const { state, progress, error } = run;
      const more =
        error !== null
          ? `  ${error.name}: ${error.message}`
          : progress === null
            ? ""
            : `  ${JSON.stringify(progress)}`;
      await out.write(printable(`${new Date().toISOString()}  ${state}${more}\n`));
    }
  }
}

/** With `--json` and without `--follow`, state and logs are one document. */
async function showLogs(
  { client, out, signal, input }: CommandCall<Input>,
  task: string,
  id: string,
  isFollowed: boolean,
): Promise<void> {
  const run = isFollowed ? null : await client.tasks.get(task, id, { signal });
  const logs = await client.tasks.logs(input.task, id, { signal });
  const text = () => logs.lines.map((line) => `${printable(line)}\n`).join("");
  if (run === null) {
    await (out.json ? out.write(`${JSON.stringify({ logs })}\n`) : out.write(text()));
    return;
  }
  await out.document({ ...run, logs }, () => `${runText(run, out.styles)}\n${text()}`);
}
