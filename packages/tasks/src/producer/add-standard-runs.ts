import type { RedisQueueBackend } from "bullmq";
import type { NewRun } from "./new-run.ts";
import type { QueueKeyNames } from "./queues.ts";

/** The answer to one run: as a transaction tells it. */
export type Reply = [error: Error | null, value: unknown];

/** BullMQ's script for a run that is due and has no priority, whose keys are those of its queue. */
const standardScript = "addStandardJob";
const standardKeys = 9;
const addMany = "tidegateAddStandardRuns";
/** What an ioredis client can do beyond its port. */
interface ScriptedClient {
  /** Scripts that were defined on it, by name. */
  readonly scriptsSet?: Readonly<Record<string, { readonly lua?: unknown; readonly numberOfKeys?: unknown }>>;
  defineCommand(name: string, definition: { numberOfKeys: number; lua: string }): void;
  [addMany]?(...args: unknown[]): Promise<unknown[]>;
}

/** With fewer, a script that the connection may not know yet is worth less than it costs. */
const least = 4;

/**
 * Adds runs of one task that are due and have no priority, in one call, all or none: BullMQ's own script, carried out once for
 * each, so that the keys of the queue travel once, and one command does for what would be a transaction of as many. That is
 * a third of the time of this process, and no more of Redis's.
 *
 * Null where it does not apply: other runs, few of them, a BullMQ that does it otherwise.
 */
export function addStandardRuns(
  redis: unknown,
  backend: RedisQueueBackend,
  keys: QueueKeyNames,
  runs: readonly NewRun[],
): Promise<Reply[]> | null {
  const { task } = runs[0]!;
  if (runs.length < least || !runs.every((run) => run.task === task && isStandard(run))) return null;
  const client = redis as ScriptedClient;
  if (!knowsScript(client)) return null;
  const recorder = new Recorder();
  for (const { id, job, by } of runs) {
    void backend.addJobToTransaction(recorder as never, job, id, {}, keys);
    recorder.args.push(by === null ? "" : `${keys[""]}${id}`);
  }
  if (recorder.calls !== runs.length) return null;
  return client[addMany]!(...recorder.keys, runs.length, ...recorder.args).then((replies) =>
    readReplies(runs, replies),
  );
}

function isStandard({ job }: NewRun): boolean {
  const { delay, priority } = job.opts;
  return !delay && !priority && job.parent === undefined;
}

/** Takes what BullMQ would send for a run. */
class Recorder {
  keys: readonly unknown[] = [];
  readonly args: unknown[] = [];
  calls = 0;

  runCommand(name: string, args: readonly unknown[]): number {
    if (!name.startsWith(`${standardScript}:`) || args.length !== standardKeys + 3) return 0;
    this.calls += 1;
    this.keys = args.slice(0, standardKeys);
    this.args.push(args[standardKeys], args[standardKeys + 1], args[standardKeys + 2]);
    return 0;
  }
}

/** Whether the client has the command, which is made of the script that BullMQ has defined on it. */
function knowsScript(client: ScriptedClient): boolean {
  if (typeof client[addMany] === "function") return true;
  const name = Object.keys(client.scriptsSet ?? {}).find((one) => one.startsWith(`${standardScript}:`));
  const { lua, numberOfKeys } = client.scriptsSet?.[name ?? ""] ?? {};
  if (typeof lua !== "string" || numberOfKeys !== standardKeys) return false;
  client.defineCommand(addMany, { numberOfKeys: standardKeys, lua: forMany(lua) });
  return true;
}

/**
 * The script, once for each run: three arguments of its own, and the key of the job where its options are to be told. What fails is
 * told, and keeps nothing else from being added.
 */
function forMany(lua: string): string {
  return `local function add(KEYS, ARGV)
${lua}
end
local replies = {}
for index = 1, tonumber(ARGV[1]) do
  local at = 4 * index - 3
  local done, reply = pcall(add, KEYS, { ARGV[at + 1], ARGV[at + 2], ARGV[at + 3] })
  if not done then
    replies[index] = { type(reply) == 'table' and reply.err or tostring(reply) }
  elseif ARGV[at + 4] ~= '' then
    replies[index] = { reply, redis.call('HGET', ARGV[at + 4], 'opts') }
  else
    replies[index] = reply
  end
end
return replies
`;
}

/** As a transaction tells them: behind the answer to a run that asks for them, its options. */
function readReplies(runs: readonly NewRun[], replies: readonly unknown[]): Reply[] {
  return runs.flatMap(({ by }, index): Reply[] => {
    const reply = replies[index];
    if (!Array.isArray(reply)) return [[null, reply]];
    const [first, options = null] = reply as unknown[];
    const answer: Reply = reply.length === 1 ? [asRedisTellsIt(first), null] : [null, first];
    return by === null ? [answer] : [answer, [null, options]];
  });
}

function asRedisTellsIt(text: unknown): Error {
  const error = new Error(String(text));
  error.name = "ReplyError";
  return error;
}
