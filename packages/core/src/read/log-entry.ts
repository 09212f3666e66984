import { limits, TidegateError } from "@tidegate/contracts";
import { type DecodedRecord, decodeRecordBatch } from "@tidegate/record-batch";
import { type Context, send } from "../context.ts";

/** One stream entry: a record batch and the offsets that its id tells. */
export interface LogEntry {
  readonly first: number;
  readonly last: number;
  readonly body: Buffer;
  /** Of a message that was delayed: the number that it had then. */
  readonly delayedId: number | null;
}

/** Reads up to `count` entries of a log from the batch that holds `offset` on. */
export async function readEntriesFrom(
  context: Context,
  log: string,
  offset: number,
  count: number,
): Promise<LogEntry[]> {
  return parseEntries(await send(context, "XRANGE", log, `(${offset}-0`, "+", "COUNT", count));
}

/** The entries of an XRANGE reply. */
export function parseEntries(reply: unknown): LogEntry[] {
  return (reply as [Buffer, [Buffer, Buffer, Buffer?, Buffer?]][]).map(([id, [, body, , delayed]]) => {
    const text = id.toString("latin1");
    const dash = text.indexOf("-");
    const last = Number(text.slice(0, dash));
    const delayedId = delayed === undefined ? null : Number(delayed.toString("latin1"));
    return { first: last - Number(text.slice(dash + 1)) + 1, last, body, delayedId };
  });
}

/** The messages of an entry between two offsets, both included. @throws CORRUPT_BATCH */
export function decodeEntry(entry: LogEntry, from: number, to: number): DecodedRecord[] {
  try {
    return decodeRecordBatch(entry.body, {
      baseOffset: entry.first,
      fromOffset: from,
      toOffset: to,
      maxUncompressedBytes: limits.unpackedBatchBytes,
    });
  } catch (error) {
    throw new TidegateError("CORRUPT_BATCH", undefined, { offset: entry.first }, error);
  }
}
