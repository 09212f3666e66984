import { type Context, run } from "../context.ts";
import { standOffsets } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import type { Group } from "./group.ts";
import { groupCall } from "./group-call.ts";

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
 * keeps its messages, so a group in another mode (lanes) answers here, from wherever it keeps them.
 *
 * Whatever the mode: one round trip; its cost is O(log n) an offset and grows with neither backlog nor holders; it changes
 * nothing; it never says `ended` of a message that has not ended (a `processing` that is late is harmless, since whoever asks
 * asks again). A dead letter's reason is written in the partition (`lua/lib/failures.lua`) before or with the step after which this says
 * `ended`, and a handler's result before its acknowledgement: so who reads them after `ended` finds them.
 *
 * Of a group in lanes: `next` is the first offset of the partition that is not parked, `committed` the front of its bitmap of
 * what has ended, `waiting` what is parked and not handed out, `rate` the partition's part of the group's.
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
  const reply = await run(context, standOffsets, keys, args, { args: offsets });
  const [now, committed, next, rate, states] = reply as [number, number, number, Buffer, OffsetCode[]];
  return {
    now,
    committed,
    next,
    rate: rate.length === 0 ? null : Number(rate.toString()),
    states: states.map((code) => offsetStates[code]),
  };
}

type OffsetCode = 0 | 1 | 2 | 3;
const offsetStates = ["waiting", "processing", "ended", "expired"] as const satisfies readonly OffsetState[];
