import { limits } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { partitionOfLease } from "../groups/lease.ts";
import { keptArguments, nameOffset, type Outcome, outcomeArguments } from "../groups/outcome.ts";
import type { ExtendOptions, SettleResult } from "../groups/settle.ts";
import { extendLanes, settleLanes } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import type { Topic } from "../topics/topic.ts";
import { type LanePartition, parseLanePartition } from "./lane-partition.ts";
import { lanesPartitionCall } from "./lanes-call.ts";

/** Ends a lease; `at` is where its partition stands then, null for a repeat. @throws LEASE_LOST, INVALID */
export async function settleLaneLease(
  context: Context,
  topic: Topic,
  group: Group,
  leaseId: string,
  outcome: Outcome,
): Promise<{ result: SettleResult; at: LanePartition | null }> {
  const { defaultCode, ranges } = outcomeArguments(outcome);
  const { keys, args } = lanesPartitionCall(context, topic, group, partitionOfLease(leaseId));
  const values = { ...args, leaseId, defaultCode, heldLast: outcome.heldLast ?? "" };
  const reply = await run(context, settleLanes, keys, values, { args: ranges }).catch((error) => {
    throw nameOffset(error, outcome);
  });
  const [acked, retried, released, deadLettered, at] = reply as [number, number, number, number, unknown];
  return { result: { acked, retried, released, deadLettered }, at: parseLanePartition(at) };
}

/** Moves a lease's deadline. @throws LEASE_LOST, INVALID */
export async function extendLaneLease(
  context: Context,
  topic: Topic,
  group: Group,
  leaseId: string,
  { leaseMs, ack = [], release = [] }: ExtendOptions,
): Promise<{ deadline: number; at: LanePartition | null }> {
  if (leaseMs !== undefined && leaseMs !== "keep")
    requireInteger("leaseMs", leaseMs, limits.leaseMsMin, limits.leaseMs);
  const { keys, args } = lanesPartitionCall(context, topic, group, partitionOfLease(leaseId));
  const values = { ...args, leaseId, leaseMs: leaseMs ?? "" };
  const rest = { args: keptArguments(ack, release) };
  const reply = await run(context, extendLanes, keys, values, rest).catch((error) => {
    throw nameOffset(error, { ack, release });
  });
  const [deadline, , , at] = reply as [Buffer, number, number, unknown];
  return { deadline: Number(deadline), at: parseLanePartition(at) };
}
