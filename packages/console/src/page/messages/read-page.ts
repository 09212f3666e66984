import type { Client } from "@tidegate/client";
import type { StoredMessage } from "@tidegate/contracts";

/** Where to read: at an end of the log, from an offset, or from a time on. */
export type Place = "latest" | "earliest" | { readonly offset: number } | { readonly time: number };

export interface MessagePage {
  /** The newest first. */
  readonly messages: readonly StoredMessage[];
  readonly partition: number;
  /** The offsets that it covers: from `from` to before `next`. */
  readonly from: number;
  readonly next: number;
  readonly start: number;
  readonly end: number;
}

export const pageSize = 50;

/** A page of a partition. */
export async function readPage(
  client: Client,
  topic: string,
  partition: number,
  place: Place,
  signal: AbortSignal,
): Promise<MessagePage> {
  const from = await firstOffset(client, topic, partition, place, signal);
  const read = await client.read(topic, partition, { from, limit: pageSize }, { signal });
  const { messages, nextOffset, start, end } = read;
  const first = messages[0]?.offset ?? (typeof from === "number" ? from : nextOffset);
  return { messages: [...messages].reverse(), partition, from: first, next: nextOffset, start, end };
}

async function firstOffset(
  client: Client,
  topic: string,
  partition: number,
  place: Place,
  signal: AbortSignal,
): Promise<number | "earliest" | { time: number }> {
  if (place === "earliest") return "earliest";
  if (typeof place === "object") return "offset" in place ? place.offset : { time: place.time };
  const { start, end } = await client.read(topic, partition, { from: "latest", limit: 1 }, { signal });
  return Math.max(start, end - pageSize);
}

export interface KeySearch {
  readonly found: readonly StoredMessage[];
  /** Everything from here on was looked at. */
  readonly from: number;
  readonly start: number;
  readonly looked: number;
}

const searchPage = 500;
const searchPages = 20;

/** Looks for the messages of a key, from before an offset backwards: so many at a time as an answer may take. */
export async function searchKey(
  client: Client,
  { topic, partition, key, before }: { topic: string; partition: number; key: string; before: number | null },
  signal: AbortSignal,
): Promise<KeySearch> {
  const edge = await client.read(topic, partition, { from: "latest", limit: 1 }, { signal });
  const found: StoredMessage[] = [];
  let from = before ?? edge.end;
  let looked = 0;
  for (let page = 0; page < searchPages && from > edge.start && found.length < pageSize; page++) {
    const to = from;
    from = Math.max(edge.start, from - searchPage);
    let at = from;
    const matches: StoredMessage[] = [];
    // A page may end early, since answers are bounded in bytes.
    while (at < to) {
      const read = await client.read(
        topic,
        partition,
        { from: at, limit: Math.min(searchPage, to - at) },
        { signal },
      );
      matches.push(...read.messages.filter((message) => message.offset < to && message.key === key));
      if (read.nextOffset <= at) break;
      at = read.nextOffset;
    }
    looked += to - from;
    found.push(...matches.reverse());
  }
  return { found, from, start: edge.start, looked };
}
