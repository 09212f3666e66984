import type { DecodedRecord } from "@tidegate/record-batch";
import { decodeEntry, type LogEntry } from "../read/log-entry.ts";

/** A record batch that was decoded whole; null when it does not decode. */
export interface DecodedBatch {
  readonly first: number;
  readonly last: number;
  readonly records: readonly DecodedRecord[] | null;
  readonly delayedId: number | null;
  readonly bytes: number;
  /** When it was read. */
  readonly at: number;
}

/** A takeover in a cluster is not always noticed at once (see `ReadHistory`): what is older is read again. */
const keptMs = 5_000;

/** What a decoded record weighs beyond its batch's bytes, about. */
const recordOverhead = 150;

/**
 * Decoded batches of the log, within a bound in bytes. A group on lanes hands out messages from all over what is parked:
 * what its filer has read serves the takes. The oldest go first: lanes are taken from in about the order in which they
 * were filed, so who was used last says little.
 */
export class BatchStore {
  readonly #limit: number;
  /** Place (topic and partition) -> batches by their last offset. */
  readonly #places = new Map<string, DecodedBatch[]>();
  readonly #order = new Map<DecodedBatch, string>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** The batch that holds the offset, if it is here. */
  find(place: string, offset: number): DecodedBatch | null {
    const batches = this.#places.get(place);
    if (batches === undefined) return null;
    const batch = batches[lowerBound(batches, offset)];
    return batch && batch.first <= offset && Date.now() - batch.at < keptMs ? batch : null;
  }

  /** Decodes an entry and keeps it. */
  keep(place: string, entry: LogEntry): DecodedBatch {
    let batches = this.#places.get(place);
    if (batches === undefined) {
      batches = [];
      this.#places.set(place, batches);
    }
    const at = lowerBound(batches, entry.last);
    const batch = decode(entry);
    const known = batches[at];
    if (known?.last === entry.last) {
      batches[at] = batch;
      this.#order.delete(known);
      this.#bytes -= known.bytes;
    } else batches.splice(at, 0, batch);
    this.#order.set(batch, place);
    this.#bytes += batch.bytes;
    this.#shrink();
    return batch;
  }

  clear(): void {
    this.#places.clear();
    this.#order.clear();
    this.#bytes = 0;
  }

  /** Forgets the batches of a topic's partitions whose place begins so. */
  forget(prefix: string): void {
    for (const [place, batches] of this.#places) {
      if (!place.startsWith(prefix)) continue;
      for (const batch of batches) {
        this.#bytes -= batch.bytes;
        this.#order.delete(batch);
      }
      this.#places.delete(place);
    }
  }

  #shrink(): void {
    for (const [batch, place] of this.#order) {
      if (this.#bytes <= this.#limit || this.#order.size === 1) return;
      const batches = this.#places.get(place)!;
      batches.splice(lowerBound(batches, batch.last), 1);
      if (batches.length === 0) this.#places.delete(place);
      this.#order.delete(batch);
      this.#bytes -= batch.bytes;
    }
  }
}

function decode(entry: LogEntry): DecodedBatch {
  const { first, last, delayedId } = entry;
  try {
    const records = decodeEntry(entry, first, last);
    const unpacked = records.reduce(
      (sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0),
      0,
    );
    const bytes = Math.max(entry.body.length, unpacked) + recordOverhead * records.length;
    return { first, last, records, delayedId, bytes, at: Date.now() };
  } catch {
    return { first, last, records: null, delayedId, bytes: recordOverhead, at: Date.now() };
  }
}

/** Index of the first batch that ends at the offset or behind it. */
function lowerBound(batches: readonly DecodedBatch[], offset: number): number {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (batches[middle]!.last < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
