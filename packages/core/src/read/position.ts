import { TidegateError } from "@tidegate/contracts";
import { type Context, run, send } from "../context.ts";
import type { PartitionKeys } from "../keys.ts";
import { describePartition } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import { decodeEntry, readEntriesFrom } from "./log-entry.ts";

/** Where to begin in a partition: an offset, an end of the log, or the first message from a time (ms) on. */
export type Position = number | "earliest" | "latest" | { readonly time: number };

/** The ends of a partition's log. */
export interface LogEnds {
  readonly start: number;
  readonly end: number;
}

/** Reads where a log starts and ends. @throws TOPIC_NOT_FOUND */
export async function readEnds(context: Context, keys: PartitionKeys, topicId: string): Promise<LogEnds> {
  const reply = await run(context, describePartition, { meta: keys.meta }, { topicId });
  const [start, end] = reply as [number, number];
  return { start, end };
}

/** The offset that a position means in a log. @throws OFFSET_OUT_OF_RANGE for an offset outside it, INVALID */
export async function resolvePosition(
  context: Context,
  keys: PartitionKeys,
  position: Position,
  { start, end }: LogEnds,
): Promise<number> {
  if (position === "earliest") return start;
  if (position === "latest") return end;
  if (typeof position === "object") return offsetAtTime(context, keys, position.time, { start, end });
  requireInteger("from", position, 0, Number.MAX_SAFE_INTEGER);
  if (position < start || position > end) {
    throw new TidegateError("OFFSET_OUT_OF_RANGE", `The log has offsets ${start} to ${end}`, {
      field: "from",
      limit: position < start ? start : end,
    });
  }
  return position;
}

/** A message is stamped by its publisher before Redis's clock tells when it was appended: by so much at most, in ms. */
const stampedBeforeMs = 1000;

/**
 * The first message whose time is not before `time`. The marks (Redis's clock, one a second or a MiB) bound where to
 * look, so a publisher's wrong clock can mislead by little more than the distance of two marks.
 */
async function offsetAtTime(
  context: Context,
  keys: PartitionKeys,
  time: number,
  ends: LogEnds,
): Promise<number> {
  const before = await send(context, "ZRANGE", keys.marks, time, "-inf", "BYSCORE", "REV", "LIMIT", 0, 1);
  const after = await send(
    context,
    "ZRANGE",
    keys.marks,
    `(${time + stampedBeforeMs}`,
    "+inf",
    "BYSCORE",
    "LIMIT",
    0,
    1,
  );
  const from = Math.max(ends.start, markOffset(before) ?? ends.start);
  const till = markOffset(after) ?? ends.end;
  for (let next = from; next < till; ) {
    const [entry] = await readEntriesFrom(context, keys.log, next, 1);
    if (!entry || entry.first >= till) break;
    const found = decodeEntry(entry, next, till - 1).find(({ timestamp }) => timestamp >= time);
    if (found) return found.offset;
    next = entry.last + 1;
  }
  return till;
}

function markOffset(reply: unknown): number | null {
  const [mark] = reply as Buffer[];
  return mark ? Number(mark.toString().split(":")[0]) : null;
}
