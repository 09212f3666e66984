import { setTimeout as pause } from "node:timers/promises";
import type { FailedSelection } from "@tidegate/contracts";
import type { Command, CommandCall } from "../../command.ts";
import { wholeNumber } from "../../parse/whole-number.ts";
import { UsageError } from "../../usage-error.ts";
import { type FilterInput, filterOf, filterOptions } from "./failed-filter.ts";

interface Input extends FilterInput {
  readonly task: string;
  readonly ids: readonly string[];
  readonly allFailed?: boolean;
  readonly perSecond?: number;
}

/** `tidegate tasks retry` */
export const retryTasks: Command<Input> = {
  name: "retry",
  summary: "Let failed runs of a task begin anew",
  arguments: [
    { name: "<task>", description: "its name" },
    { name: "[ids...]", description: "of failed runs" },
  ],
  options: [
    { flags: "--all-failed", description: "all failed runs, or those that the filters below meet" },
    ...filterOptions,
    { flags: "--per-second <n>", description: "no more than so many a second", parse: wholeNumber(1) },
  ],
  examples: [
    "tidegate tasks retry send-mail 5f0c7a",
    "tidegate tasks retry send-mail --all-failed --from -2h --error ECONNREFUSED --per-second 50",
  ],
  async run(call) {
    const { input, out } = call;
    const { task, ids, allFailed } = input;
    if ((allFailed === true) === ids.length > 0)
      throw new UsageError("say which: the ids of failed runs, or --all-failed");
    if (ids.length > 0 && Object.keys(filterOf(input)).length > 0)
      throw new UsageError("--from, --to and --error go with --all-failed");
    const retried = ids.length === 1 ? await retryOne(call) : await retryMany(call);
    await out.document({ task, retried }, () => `Retried ${retried} of ${task}\n`);
    const missed = ids.length - retried;
    if (missed > 0) throw new Error(`${missed} of these have not failed, or are no longer kept`);
  },
};

/** Alone it says why it cannot be. */
async function retryOne({ input, client, signal }: CommandCall<Input>): Promise<number> {
  await client.tasks.retry(input.task, input.ids[0]!, { signal });
  return 1;
}

async function retryMany({ input, client, out, signal }: CommandCall<Input>): Promise<number> {
  const { task, ids, perSecond } = input;
  const rate = perSecond === undefined ? {} : { perSecond };
  const selection: FailedSelection =
    ids.length > 0 ? { ids: [...ids], ...rate } : { all: true, ...filterOf(input), ...rate };
  const progress = await out.progress({ label: "Retrying", unit: "runs" });
  let retried = 0;
  try {
    for (;;) {
      const { done, more, nextAfterMs } = await client.tasks.failed.retry(task, selection, { signal });
      retried += done;
      progress.update(retried);
      if (!more) return retried;
      await pause(nextAfterMs, undefined, { signal });
    }
  } finally {
    progress.stop();
  }
}
