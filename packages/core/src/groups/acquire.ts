import { limits } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { acquireRange } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import type { Topic } from "../topics/topic.ts";
import { requireBounds } from "./bounds.ts";
import { bury, type Exhausted, parseExhausted } from "./bury.ts";
import type { Group } from "./group.ts";
import { groupCall } from "./group-call.ts";
import { newLeaseId, parseSegments, type RangeLease } from "./lease.ts";
import type { Loader } from "./load.ts";

/** What a consumer asks for. */
export interface AcquireOptions {
  /** Made by the caller, so that a call can be repeated; default: a new one. */
  readonly leaseId?: string | undefined;
  readonly maxMessages: number;
  /** Bounds new messages by their mean size in the log. Default 4 MiB. */
  readonly maxBytes?: number | undefined;
  /** Default: the group's. */
  readonly leaseMs?: number | undefined;
  /** Who asks, for the operator to see. */
  readonly consumer?: string | undefined;
  /** In a group ordered by partition: grow the lease that is held, whose last offset is `last`, at its end. */
  readonly grow?: { readonly leaseId: string; readonly last: number } | undefined;
  /** Leave a mark, so that what comes wakes `wait`. */
  readonly wake?: boolean | undefined;
  /** Whether a group that does not exist is made. Default true. */
  readonly create?: boolean | undefined;
}

/** What a consumer got. */
export interface Acquisition {
  /** The lease, or null when there is nothing; when it was to grow, the lease with what was added. */
  readonly lease: RangeLease | null;
  /** When something is next due, in ms by Redis's clock: a retry, a deadline, a delayed message. */
  readonly nextDueAt: number | null;
  readonly paused: boolean;
  /** The log's end. */
  readonly end: number;
  /** Redis's clock. */
  readonly now: number;
  /** The version of the topic that the partition knows; higher than the caller's when the topic has changed. */
  readonly topicVersion: number;
}

/** Leases messages of one partition. What turns out to be exhausted is buried, and looked behind. */
export async function acquire(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  options: AcquireOptions,
  loader: Loader,
): Promise<Acquisition> {
  for (;;) {
    const { acquisition, exhausted, unfinished } = await acquireOnce(
      context,
      topic,
      group,
      partition,
      options,
    );
    if (exhausted.length > 0) await bury(context, topic, group, partition, exhausted, loader);
    else if (!unfinished) return acquisition;
    if (acquisition.lease !== null || acquisition.paused) return acquisition;
  }
}

async function acquireOnce(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  options: AcquireOptions,
): Promise<{ acquisition: Acquisition; exhausted: Exhausted[]; unfinished: boolean }> {
  const { grow, wake, consumer = "", leaseMs } = options;
  const leaseId = options.leaseId ?? newLeaseId(partition);
  const { maxMessages, maxBytes } = requireBounds(options);
  if (leaseMs !== undefined) requireInteger("leaseMs", leaseMs, limits.leaseMsMin, limits.leaseMs);
  const { keys, args } = groupCall(context, topic, group, partition);
  const reply = await run(context, acquireRange, keys, {
    ...args,
    leaseId,
    maxMessages,
    maxBytes,
    leaseMs: leaseMs ?? "",
    consumer,
    wake: wake ? 1 : "",
    growId: grow?.leaseId ?? "",
    growLast: grow?.last ?? "",
  });
  const [now, end, due, paused, deadline, segments, exhausted, topicVersion, unfinished] = reply as Reply;
  const deadlineText = String(deadline);
  const acquisition: Acquisition = {
    lease:
      deadlineText === ""
        ? null
        : {
            id: grow?.leaseId ?? leaseId,
            partition,
            deadline: Number(deadlineText),
            segments: parseSegments(segments),
          },
    nextDueAt: due.length === 0 ? null : Number(due.toString()),
    paused: paused === 1,
    end,
    now,
    topicVersion,
  };
  return { acquisition, exhausted: parseExhausted(exhausted), unfinished: unfinished === 1 };
}

type Reply = [number, number, Buffer, number, Buffer, number[], unknown[], number, number];
