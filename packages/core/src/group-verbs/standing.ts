import { type Context, run } from "../context.ts";
import { type Group, usesLanes } from "../groups/group.ts";
import { groupCall } from "../groups/group-call.ts";
import { type LanesStanding, standingOfLanes } from "../lanes/stand-lanes.ts";
import { standOffsets } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";

/** What a group has done with one message. */
export type OffsetState =
  /** Never handed out, or given back as if it never had been. */
  | "waiting"
  /** Leased, waiting for another attempt, or awaiting its burial. */
  | "processing"
  /** Acknowledged or buried. */
  | "ended"
  /** Retention took it away before the group had handled it. */
  | "expired";

/** Where a group stands in a partition, and with some of its messages. */
export interface Standing {
  /** Redis's clock, in ms. */
  readonly now: number;
  /** First offset that has not ended: a message's position in line is its offset less this. */
  readonly committed: number;
  /** From this offset on, every message is `waiting`: nobody need ask about one of them until this has passed it. */
  readonly next: number;
  /** Messages of this partition that end in a second; null while that is unknown, and while the group is paused. */
  readonly rate: number | null;
  /** For each offset that was asked for, in order. */
  readonly states: readonly OffsetState[];
}

/**
 * Where messages of one partition stand for a group: what tickets tell. This is the one place that knows how a group
 * keeps its messages.
 *
 * Whatever the mode: one round trip; its cost grows with neither backlog nor holders; it changes nothing; it never says
 * `ended` of a message that has not ended (a `processing` that is late is harmless, since whoever asks asks again). A dead
 * letter's reason is written in the partition (`lua/lib/failures.lua`) before or with the step after which this says
 * `ended`, and a handler's result before its acknowledgement: so who reads them after `ended` finds them.
 *
 * A group on lanes has most of its messages there, and some in the partition itself: retries of the time before lanes, and
 * what was redriven, until they are moved over. Both are asked at once, and a message that is held in either is not ended.
 *
 * @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND
 */
export async function standing(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  offsets: readonly number[],
): Promise<Standing> {
  const { keys, args } = groupCall(context, topic, group, partition);
  const askLanes = () => standingOfLanes(context, topic, group, partition, offsets);
  const [asked, reply] = await Promise.all([
    usesLanes(group) ? askLanes() : undefined,
    run(context, standOffsets, keys, args, { args: offsets }),
  ]);
  const [now, committed, next, rate, codes, onLanes] = reply as Reply;
  // A group that left its lanes has messages there until they are handed back, partition by partition.
  const lanes = onLanes === 0 ? null : asked === undefined ? await askLanes() : asked;
  const common = { now, rate: rate.length === 0 ? null : Number(rate.toString()) };
  if (lanes === null) return { ...common, committed, next, states: codes.map((code) => offsetStates[code]!) };
  return {
    ...common,
    // The partition is told now and then how far the lanes have come: the lanes know better.
    committed: lanes.committed,
    next: lanes.filed,
    states: offsets.map((offset, index) => stateOnLanes(offset, codes[index]!, lanes, lanes.codes[index]!)),
  };
}

type Reply = [number, number, number, Buffer, number[], 0 | 1];

const offsetStates = ["waiting", "processing", "ended", "expired"] as const satisfies readonly OffsetState[];
const waiting = 0;
const processing = 1;
const expired = 3;

function stateOnLanes(
  offset: number,
  inPartition: number,
  lanes: LanesStanding,
  inLanes: number,
): OffsetState {
  if (inPartition === processing || inPartition === expired) return offsetStates[inPartition]!;
  return offsetStates[offset < lanes.filed ? inLanes : waiting]!;
}
