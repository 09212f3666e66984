import { type Context, send } from "../context.ts";
import { decodeEntry, type LogEntry, parseEntries } from "../read/log-entry.ts";
import { historyOf, type ReadHistory } from "../read/read-history.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { DeliveredMessage, RangeLease, Segment } from "./lease.ts";

/** Entries asked for at a time: enough for a bulk consumer's lease in one go, bounded for a log of single messages. */
const entriesAtATime = 256;
/** Bytes of record batches kept because a lease ended in the middle of them. */
const keptBytes = 16 * 1024 * 1024;
/** A takeover in a cluster is not always noticed at once; a lease that goes on in the batch comes at once. */
const keptMs = 1_000;

interface Kept {
  readonly entry: LogEntry;
  readonly at: number;
}

/**
 * Reads the messages of leases. A lease may end in the middle of a record batch: the loader keeps the batch for the lease
 * that goes on there, so a consumer that moves along a log is sent each batch once.
 */
export class Loader {
  readonly #context: Context;
  readonly #history: ReadHistory;
  #turns: number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(context: Context) {
    this.#context = context;
    this.#history = historyOf(context.redis);
    this.#turns = this.#history.turns;
  }

  /** The messages of a lease, in order of offsets. What retention took away meanwhile is left out. */
  async load(topic: Topic, lease: RangeLease): Promise<DeliveredMessage[]> {
    const { log } = keysOf(this.#context.space, topic, lease.partition);
    const place = `${topic.topicId} ${lease.partition}`;
    const messages: DeliveredMessage[] = [];
    for (const { first, last } of joinNear(lease.segments)) {
      let next = first;
      const kept = this.#find(place);
      if (kept && kept.first <= first && first <= kept.last) {
        deliver(kept, lease.segments, messages);
        next = kept.last + 1;
      }
      while (next <= last) {
        const entries = await fetchEntries(this.#context, log, next, last);
        for (const entry of entries) deliver(entry, lease.segments, messages);
        const end = entries.at(-1);
        if (end === undefined) break;
        if (end.last > last) this.#keep(place, end);
        next = end.last + 1;
      }
    }
    return messages;
  }

  #find(place: string): LogEntry | null {
    if (this.#turns !== this.#history.turns) {
      this.#kept.clear();
      this.#bytes = 0;
      this.#turns = this.#history.turns;
    }
    const kept = this.#kept.get(place);
    return kept && Date.now() - kept.at < keptMs ? kept.entry : null;
  }

  #keep(place: string, entry: LogEntry): void {
    const before = this.#kept.get(place);
    if (before) this.#bytes -= before.entry.body.length;
    this.#kept.delete(place);
    this.#kept.set(place, { entry, at: Date.now() });
    this.#bytes += entry.body.length;
    for (const [oldest, { entry }] of this.#kept) {
      if (this.#bytes <= keptBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= entry.body.length;
    }
  }
}

/** The entries that end within the offsets, and the one that goes on behind them; both in one round trip. */
export async function fetchEntries(
  context: Context,
  log: string,
  first: number,
  last: number,
): Promise<LogEntry[]> {
  const count = Math.min(entriesAtATime, last - first + 1);
  const within = send(context, "XRANGE", log, `(${first}-0`, String(last), "COUNT", count);
  const behind = send(context, "XRANGE", log, `(${last + 1}-0`, "+", "COUNT", 1);
  behind.catch(() => {});
  const entries = parseEntries(await within);
  const reached = entries.at(-1)?.last ?? first - 1;
  if (reached >= last || entries.length === count) return entries;
  const [over] = parseEntries(await behind);
  return over && over.first <= last ? [...entries, over] : entries;
}

/** Segments between which there is little are read in one go. */
export function joinNear(
  segments: readonly Pick<Segment, "first" | "last">[],
): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  for (const { first, last } of segments) {
    const run = runs.at(-1);
    if (run && first - run.last <= entriesAtATime) run.last = last;
    else runs.push({ first, last });
  }
  return runs;
}

function deliver(entry: LogEntry, segments: readonly Segment[], messages: DeliveredMessage[]): void {
  for (const { first, last, attempt } of segments) {
    if (last < entry.first) continue;
    if (first > entry.last) break;
    for (const { offset, timestamp, key, value, headers } of decodeEntry(entry, first, last)) {
      messages.push({ offset, timestamp, key, value, headers, attempt });
    }
  }
}
