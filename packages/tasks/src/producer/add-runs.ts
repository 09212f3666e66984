import { type Enqueued, TidegateError } from "@tidegate/contracts";
import { type TaskBook, toTidegateError } from "@tidegate/core";
import type { RedisQueueBackend } from "bullmq";
import type { NewRun } from "./new-run.ts";
import type { Queues } from "./queues.ts";

/** What became of one run: added, or the run that stands in its place; or why nothing did. */
export type Added = Enqueued | TidegateError;

/** How often a transaction is sent again that a lost connection has cut off: its runs have their ids, and are added once. */
const mostSends = 3;

/**
 * Adds runs of any tasks of the namespace in one transaction, all or none; each with its own outcome. BullMQ's `addBulk` is a
 * pipeline, of which a lost connection leaves a part.
 */
export async function addRuns(queues: Queues, book: TaskBook, runs: readonly NewRun[]): Promise<Added[]> {
  const backend = queues.backend(runs[0]!.task);
  for (let sends = 1; ; sends += 1) {
    const replies = await book.answer(transact(queues, backend, runs));
    if (has(replies, isUnknownScript)) await loadScripts(queues, backend, runs, book);
    else if (sends === mostSends || !has(replies, isCutOff)) return readReplies(queues, runs, replies);
  }
}

type Reply = [error: Error | null, value: unknown];

/** What an ioredis transaction can do, and BullMQ's port of it does not name. */
interface Lookup {
  hget(key: string, field: string): unknown;
}

/** One transaction: a script for each run, and a look at who added it where the caller chose the id. */
async function transact(
  queues: Queues,
  backend: RedisQueueBackend,
  runs: readonly NewRun[],
): Promise<Reply[]> {
  const client = await backend.client;
  const transaction = client.multi();
  for (const { task, id, job, by } of runs) {
    const keys = queues.keysOf(task);
    void backend.addJobToTransaction(transaction, job, id, {}, keys);
    if (by !== null) (transaction as unknown as Lookup).hget(`${keys[""]}${id}`, "opts");
  }
  try {
    return ((await transaction.exec()) ?? []) as Reply[];
  } catch (error) {
    // Nothing was done: a full Redis refuses each command, and the transaction with them.
    const [first] = (error as { previousErrors?: Error[] }).previousErrors ?? [];
    throw first ?? error;
  }
}

/** The outcomes: what is wrong with one run, such as a queue that is no queue, is not the others' affair. */
function readReplies(queues: Queues, runs: readonly NewRun[], replies: readonly Reply[]): Added[] {
  let at = 0;
  return runs.map(({ task, id, by }) => {
    const [error, answer] = replies[at++]!;
    const options = by === null ? null : (replies[at++]![1] as string | null);
    if (error !== null) return toTidegateError(error);
    if (typeof answer === "number" && answer < 0) return refused(queues, task, id, answer);
    const winner = String(answer);
    if (winner !== id) return { id: winner, duplicate: true };
    const another = by !== null && options !== null && (JSON.parse(options) as { by?: string }).by !== by;
    return another ? { id, duplicate: true } : { id };
  });
}

function has(replies: readonly Reply[], is: (error: Error) => boolean): boolean {
  for (const [error] of replies) if (error !== null && is(error)) return true;
  return false;
}

function refused(queues: Queues, task: string, id: string, code: number): TidegateError {
  return new TidegateError("INTERNAL", `BullMQ refuses the run ${queues.prefix}:${task}:${id} (${code})`);
}

/** ioredis sends again what it had sent, but not transactions. */
const isCutOff = (error: Error) => /aborted due to connection close/i.test(error.message);

const isUnknownScript = (error: Error) => error.message.startsWith("NOSCRIPT");

/**
 * After SCRIPT FLUSH: ioredis takes scripts for loaded on a connection that has sent them, and hears of it only outside of
 * transactions. What is added here is found by the transaction that follows.
 */
async function loadScripts(
  queues: Queues,
  backend: RedisQueueBackend,
  runs: readonly NewRun[],
  book: TaskBook,
): Promise<void> {
  const client = await backend.client;
  for (const { task, id, job } of runs)
    await book.answer(backend.addJobToTransaction(client, job, id, {}, queues.keysOf(task)));
}
