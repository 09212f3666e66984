import { limits } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { extendLease, settleLease } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import type { Topic } from "../topics/topic.ts";
import { bury, parseExhausted } from "./bury.ts";
import type { Group } from "./group.ts";
import { groupCall } from "./group-call.ts";
import { partitionOfLease } from "./lease.ts";
import type { Loader } from "./load.ts";
import { keptArguments, nameOffset, type Outcome, outcomeArguments } from "./outcome.ts";

/** What became of a lease's messages; `deadLettered` counts those whose attempts were used up as well. */
export interface SettleResult {
  readonly acked: number;
  readonly retried: number;
  readonly released: number;
  readonly deadLettered: number;
}

/** How to extend a lease. */
export interface ExtendOptions {
  /** From now; default: the group's; `keep` leaves the deadline. */
  readonly leaseMs?: number | "keep" | undefined;
  /** Offsets that are done: they leave the lease. In an ordered group only an unbroken front counts. */
  readonly ack?: readonly number[] | undefined;
  /** Offsets that go back as if never handed out; in an ordered group with all that stands behind the first of them. */
  readonly release?: readonly number[] | undefined;
}

/** Ends a lease. An identical repeat gets the first answer. @throws LEASE_LOST, INVALID */
export async function settle(
  context: Context,
  topic: Topic,
  group: Group,
  leaseId: string,
  outcome: Outcome,
  loader: Loader,
): Promise<SettleResult> {
  const { defaultCode, ranges } = outcomeArguments(outcome);
  const partition = partitionOfLease(leaseId);
  const { keys, args } = groupCall(context, topic, group, partition);
  const values = { ...args, leaseId, defaultCode, heldLast: outcome.heldLast ?? "" };
  const reply = await run(context, settleLease, keys, values, { args: ranges }).catch((error) => {
    throw nameOffset(error, outcome);
  });
  const [acked, retried, released, deadLettered, exhausted] = reply as [
    number,
    number,
    number,
    number,
    unknown[],
  ];
  if (exhausted.length > 0) await bury(context, topic, group, partition, parseExhausted(exhausted), loader);
  return { acked, retried, released, deadLettered };
}

/** Moves a lease's deadline. @throws LEASE_LOST, INVALID */
export async function extend(
  context: Context,
  topic: Topic,
  group: Group,
  leaseId: string,
  { leaseMs, ack = [], release = [] }: ExtendOptions,
): Promise<{ deadline: number }> {
  if (leaseMs !== undefined && leaseMs !== "keep")
    requireInteger("leaseMs", leaseMs, limits.leaseMsMin, limits.leaseMs);
  const { keys, args } = groupCall(context, topic, group, partitionOfLease(leaseId));
  const values = { ...args, leaseId, leaseMs: leaseMs ?? "" };
  const rest = { args: keptArguments(ack, release) };
  const reply = await run(context, extendLease, keys, values, rest).catch((error) => {
    throw nameOffset(error, { ack, release });
  });
  return { deadline: (reply as number[])[0]! };
}
