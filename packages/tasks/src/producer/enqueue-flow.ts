import { type EnqueuedFlow, TidegateError } from "@tidegate/contracts";
import type { TaskBook } from "@tidegate/core";
import type { TraceContext } from "@tidegate/tracing";
import type { JobJson } from "bullmq";
import type { FlowOptions } from "../job/job-options.ts";
import type { Definitions } from "./definitions.ts";
import { type FlatNode, type FlowNode, readFlow } from "./flow-tree.ts";
import { type NewRun, newRun, requireBytes } from "./new-run.ts";
import type { Queues } from "./queues.ts";

/** One job of a flow, as BullMQ adds it. */
interface FlowEntry {
  readonly jobData: JobJson;
  readonly jobId: string;
  readonly parentKeyOpts: {
    parentKey?: string;
    parentDependenciesKey?: string;
    addToWaitingChildren?: boolean;
  };
  readonly prefix: string;
  readonly queueName: string;
}

/** BullMQ's answer for a child that belongs to another parent already. */
const hasOtherParent = -7;
const mostSends = 3;

/**
 * Enqueues a tree of runs, all or none, each of which starts when its children have ended. Under a chosen id of the root the children
 * without one have ids of their places, so that the same flow again is the same runs.
 * @throws INVALID, TASK_NOT_FOUND, MESSAGE_TOO_LARGE, TASK_STATE for a child that another run waits for
 */
export async function enqueueFlow(
  queues: Queues,
  book: TaskBook,
  definitions: Definitions,
  flow: FlowNode,
  trace: TraceContext | null,
): Promise<EnqueuedFlow> {
  const { root, nodes } = readFlow(flow);
  const runs = await makeRuns(definitions, root, nodes, trace);
  requireBytes("flow", runs.values());
  const ids = idsOf(root, runs);
  if (root.options.id !== undefined) {
    const { state } = await book.runs.read({ task: root.task, id: root.options.id });
    if (state !== "gone") return ids;
  }
  await requireFree(queues, book, root, nodes, runs);
  const entries = entriesOf(queues, root, runs);
  const { jobId } = entries[0]!;
  for (let sends = 1; ; sends += 1) {
    const replies = await book.answer(queues.backend(root.task).addFlow(entries));
    const failure = replies.find(([error]) => error !== null)?.[0];
    if (failure) {
      // All of them have their ids: what was added is found again.
      if (sends < mostSends && /aborted due to connection close/i.test(failure.message)) continue;
      return book.answer(Promise.reject(failure));
    }
    const lost = replies.findIndex(([, answer]) => answer === hasOtherParent);
    if (lost >= 0) throw takenChild(entries[lost]!.jobId, jobId);
    return ids;
  }
}

async function makeRuns(
  definitions: Definitions,
  root: FlatNode,
  nodes: readonly FlatNode[],
  trace: TraceContext | null,
): Promise<Map<FlatNode, NewRun>> {
  const runs = new Map<FlatNode, NewRun>();
  const chosen = root.options.id;
  for (const node of nodes) {
    const known = await definitions.find(node.task);
    const run = await newRun(known, node.input, node.options, node.path, trace);
    if (node.options.id !== undefined || node === root || chosen === undefined) runs.set(node, run);
    else runs.set(node, renamed(run, `${chosen}.${node.position.join(".")}`));
  }
  return runs;
}

function renamed(run: NewRun, id: string): NewRun {
  return { ...run, id, job: { ...run.job, id } };
}

function idsOf(node: FlatNode, runs: ReadonlyMap<FlatNode, NewRun>): EnqueuedFlow {
  return {
    task: node.task,
    id: runs.get(node)!.id,
    children: node.children.map((child) => idsOf(child, runs)),
  };
}

/** BullMQ would add the parent, and leave it waiting for a child that tells another of its end. */
async function requireFree(
  queues: Queues,
  book: TaskBook,
  root: FlatNode,
  nodes: readonly FlatNode[],
  runs: ReadonlyMap<FlatNode, NewRun>,
): Promise<void> {
  const seen = new Set<string>();
  const parents = new Map(nodes.flatMap((node) => node.children.map((child) => [child, node] as const)));
  for (const node of nodes) {
    const { id, by } = runs.get(node)!;
    const field = `${node.path}id`;
    if (seen.has(`${node.task}/${id}`))
      throw new TidegateError("INVALID", `${field} is used twice`, { field });
    seen.add(`${node.task}/${id}`);
    if (by === null || node === root) continue;
    const record = await book.runs.read({ task: node.task, id });
    const parent = parents.get(node)!;
    const parentKey = queues.keysOf(parent.task)[""] + runs.get(parent)!.id;
    if (record.state !== "gone" && record.parentKey !== null && record.parentKey !== parentKey)
      throw takenChild(id, runs.get(root)!.id);
  }
}

function entriesOf(queues: Queues, root: FlatNode, runs: ReadonlyMap<FlatNode, NewRun>): FlowEntry[] {
  const entries: FlowEntry[] = [];
  const add = (node: FlatNode, parent: { readonly id: string; readonly queue: string } | null) => {
    const { id, job: alone } = runs.get(node)!;
    const job = node.children.length > 0 ? waiting(alone) : alone;
    const parentKey = parent === null ? null : `${parent.queue}:${parent.id}`;
    entries.push({
      jobData: parent === null ? job : withParent(job, parent, node.ignoresFailure),
      jobId: id,
      parentKeyOpts: {
        ...(parentKey === null ? {} : { parentKey, parentDependenciesKey: `${parentKey}:dependencies` }),
        ...(node.children.length > 0 ? { addToWaitingChildren: true } : {}),
      },
      prefix: queues.prefix,
      queueName: node.task,
    });
    const self = { id, queue: `${queues.prefix}:${node.task}` };
    for (const child of node.children) add(child, self);
  };
  add(root, null);
  return entries;
}

/** Tells its worker that it has waited for others, and may have been cancelled meanwhile. */
function waiting(job: JobJson): JobJson {
  const opts: FlowOptions = { ...job.opts, waits: true };
  return { ...job, opts };
}

/** As BullMQ's Job is written for a flow. */
function withParent(
  job: JobJson,
  parent: { readonly id: string; readonly queue: string },
  ignoresFailure: boolean,
): JobJson {
  const onFailure = ignoresFailure ? { ignoreDependencyOnFailure: true } : { failParentOnFailure: true };
  const flag = ignoresFailure ? { idof: true } : { fpof: true };
  return {
    ...job,
    opts: { ...job.opts, parent, ...onFailure },
    parent: { id: parent.id, queueKey: parent.queue, ...flag },
    parentKey: `${parent.queue}:${parent.id}`,
  };
}

function takenChild(id: string, root: string): TidegateError {
  return new TidegateError("TASK_STATE", `Another run waits for ${id}, which ${root} cannot wait for`);
}
