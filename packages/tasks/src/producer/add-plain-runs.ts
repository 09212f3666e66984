import { type TaskBook, toTidegateError } from "@tidegate/core";
import { type Added, addRuns } from "./add-runs.ts";
import type { NewRun } from "./new-run.ts";
import type { Queues } from "./queues.ts";

/**
 * Adds runs of one task, all or none. What nothing holds back is added by one script of ours, at half of what BullMQ's costs Redis for
 * each; a test compares what both leave behind. All else is BullMQ's own affair.
 */
export async function addAll(
  queues: Queues,
  book: TaskBook,
  task: string,
  runs: readonly NewRun[],
): Promise<Added[]> {
  for (const { plain } of runs) if (plain === null) return addRuns(queues, book, runs);
  const found = await book.runs.enqueue(
    task,
    runs.map(({ id, job, plain }) => ({ id, timestamp: job.timestamp, data: job.data, options: plain! })),
  );
  return found.map((options, index) => {
    const { id, by } = runs[index]!;
    // What stands under a random id is what a lost connection has had sent twice.
    const another = options !== null && by !== null && (JSON.parse(options) as { by?: string }).by !== by;
    return another ? { id, duplicate: true } : { id };
  });
}

/** Adds runs of any tasks, each with its own outcome, by as few calls as there are tasks, and one for all that is held back. */
export async function addSingles(queues: Queues, book: TaskBook, runs: readonly NewRun[]): Promise<Added[]> {
  const added: Added[] = new Array(runs.length);
  const parts = new Map<string | null, number[]>();
  for (const [index, { task, plain }] of runs.entries()) {
    const part = plain === null ? null : task;
    const indexes = parts.get(part);
    if (indexes === undefined) parts.set(part, [index]);
    else indexes.push(index);
  }
  const calls = [...parts].map(async ([task, indexes]) => {
    const some = indexes.map((index) => runs[index]!);
    const outcomes = await addPart(queues, book, task, some);
    for (const [at, index] of indexes.entries()) added[index] = outcomes[at]!;
  });
  await Promise.all(calls);
  return added;
}

async function addPart(
  queues: Queues,
  book: TaskBook,
  task: string | null,
  runs: readonly NewRun[],
): Promise<readonly Added[]> {
  try {
    return await (task === null ? addRuns(queues, book, runs) : addAll(queues, book, task, runs));
  } catch (error) {
    const failure = toTidegateError(error);
    return runs.map(() => failure);
  }
}
