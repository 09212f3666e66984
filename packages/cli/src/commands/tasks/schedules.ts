import type { Schedule } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { timeCell } from "../../output/cell-text.ts";
import { showDuration } from "../../parse/duration.ts";
import { UsageError } from "../../usage-error.ts";
import { yesOption } from "../yes-option.ts";

interface Input {
  readonly task?: string;
  readonly http?: boolean;
  readonly pause?: string;
  readonly resume?: string;
  readonly delete?: string;
  readonly yes?: boolean;
}

const verbs = ["pause", "resume", "delete"] as const;
const done = { pause: "Paused", resume: "Resumed", delete: "Deleted" } as const;

/** `tidegate tasks schedules` */
export const taskSchedules: Command<Input> = {
  name: "schedules",
  summary: "List the schedules of a task, or of calls of endpoints; pause, resume or delete one",
  arguments: [{ name: "[task]", description: "its name" }],
  options: [
    { flags: "--http", description: "instead of a task's: the schedules of HTTP tasks" },
    { flags: "--pause <schedule>", description: "make no runs of it until it is resumed" },
    { flags: "--resume <schedule>", description: "go on with it" },
    { flags: "--delete <schedule>", description: "make no more runs of it" },
    yesOption,
  ],
  examples: [
    "tidegate tasks schedules send-mail",
    "tidegate tasks schedules send-mail --pause nightly",
    "tidegate tasks schedules --http --json | jq '.schedules[].nextRunAt'",
  ],
  async run({ input, client, out, signal }) {
    const { task, http } = input;
    if ((task === undefined) !== (http === true)) throw new UsageError("name a task, or give --http");
    const asked = verbs.filter((verb) => input[verb] !== undefined);
    if (asked.length > 1) throw new UsageError("--pause, --resume and --delete exclude each other");
    const [verb] = asked;
    const of = task === undefined ? "HTTP tasks" : task;
    if (verb !== undefined) {
      const id = input[verb]!;
      const question = `Delete the schedule ${id} of ${of}?`;
      if (verb === "delete" && input.yes !== true && !(await out.confirm(question)))
        return out.note("Nothing was deleted");
      if (task === undefined) await client.httpTasks.schedules[verb](id, { signal });
      else await client.tasks.schedules[verb](task, id, { signal });
      await out.document({ schedule: id, done: verb }, () => `${done[verb]} ${id} of ${of}\n`);
      return;
    }
    const schedules: Schedule[] =
      task === undefined
        ? await client.httpTasks.schedules.list({ signal })
        : await client.tasks.schedules.list(task, { signal });
    await out.table(
      { schedules },
      [
        { title: "schedule", value: ({ id }) => id },
        { title: "when", value: whenOf },
        { title: "next", value: ({ nextRunAt }) => timeCell(nextRunAt) },
        {
          title: "state",
          value: ({ paused }) => (paused ? "paused" : null),
          style: (_, styles) => styles.warning,
        },
        { title: "until", value: ({ endAt }) => timeCell(endAt) },
      ],
      schedules,
      `There are no schedules of ${of}`,
    );
  },
};

function whenOf({ cron, timeZone, everyMs }: Schedule): string {
  if (everyMs !== null) return `every ${showDuration(everyMs)}`;
  return timeZone === null || timeZone === "UTC" ? `${cron}` : `${cron} in ${timeZone}`;
}
