import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "@tidegate/client";
import { type PartitionState, TidegateError } from "@tidegate/contracts";
import type { Position } from "../parse/position.ts";
import type { MessagePort, ReadMessage } from "./message-port.ts";
import { Patience } from "./patience.ts";

/** What is read of a topic without a group. */
export interface Reading {
  readonly topic: string;
  /** Null: all. */
  readonly partition: number | null;
  readonly from: Position;
  /** Goes on when the end is reached. */
  readonly follow: boolean;
  readonly maxMessages: number | null;
  readonly signal: AbortSignal;
  handle(messages: readonly ReadMessage[]): Promise<void>;
  /** Told what a person should know meanwhile. */
  note(text: string): void;
}

const pageMessages = 1_000;
/** How long to wait before looking for more, at first and at most. */
const pollMs = { first: 100, most: 1_000 };

/**
 * Reads partitions from a place on: up to where they ended at the beginning, one after the other, or for ever. What
 * comes in is noticed by one look at the topic for all partitions, less often the longer nothing comes.
 */
export async function readPartitions(client: Client, port: MessagePort, reading: Reading): Promise<void> {
  const { follow, signal } = reading;
  const patience = new Patience(reading);
  const reader = new PartitionReader(port, reading, patience);
  let states = await patience.outlast(() => statesOf(client, reading));
  for (const state of states) await reader.begin(state, reading.from);
  for (let waitMs = pollMs.first; ; ) {
    const before = reader.left;
    for (const state of states) {
      // A partition that was added since is new as a whole.
      if (!reader.hasBegun(state)) await reader.begin(state, "earliest");
      await reader.readTo(state);
    }
    if (reader.left <= 0 || !follow) return;
    waitMs = reader.left < before ? pollMs.first : Math.min(waitMs * 2, pollMs.most);
    await delay(waitMs, undefined, { signal });
    states = await patience.outlast(() => statesOf(client, reading));
  }
}

async function statesOf(client: Client, { topic, partition, signal }: Reading): Promise<PartitionState[]> {
  const { partitionStates } = await client.topics.get(topic, { signal });
  if (partition === null) return partitionStates;
  const found = partitionStates.filter((state) => state.partition === partition);
  if (found.length > 0) return found;
  const last = partitionStates.length - 1;
  throw new TidegateError("PARTITION_NOT_FOUND", `${topic} has partitions 0 to ${last}`, {
    field: "partition",
    limit: last,
  });
}

class PartitionReader {
  /** How many messages may still be read. */
  left: number;
  readonly #port: MessagePort;
  readonly #reading: Reading;
  readonly #patience: Patience;
  readonly #cursors = new Map<number, number>();

  constructor(port: MessagePort, reading: Reading, patience: Patience) {
    this.#patience = patience;
    this.#port = port;
    this.#reading = reading;
    this.left = reading.maxMessages ?? Number.POSITIVE_INFINITY;
  }

  hasBegun({ partition }: PartitionState): boolean {
    return this.#cursors.has(partition);
  }

  async begin({ partition, start, end }: PartitionState, from: Position): Promise<void> {
    this.#cursors.set(partition, await this.#offsetOf(partition, from, { start, end }));
  }

  async #offsetOf(
    partition: number,
    from: Position,
    { start, end }: { start: number; end: number },
  ): Promise<number> {
    if (from === "earliest") return start;
    if (from === "latest") return end;
    if ("offset" in from) return from.offset;
    if ("beforeEnd" in from) return Math.max(start, end - from.beforeEnd);
    const { topic, signal } = this.#reading;
    const { nextOffset, messages } = await this.#port.read(topic, partition, { from, limit: 1, signal });
    return messages[0]?.offset ?? nextOffset;
  }

  /** Reads a partition up to the end that it has been seen to have. */
  async readTo({ partition, end }: PartitionState): Promise<void> {
    const { topic, signal, handle } = this.#reading;
    while (this.left > 0 && this.#cursors.get(partition)! < end) {
      const from = this.#cursors.get(partition)!;
      const limit = Math.min(pageMessages, this.left);
      const page = await this.#patience.outlast(() => this.#readFrom(partition, from, limit));
      const messages = page.messages.filter(({ offset }) => offset < end);
      // Nothing but what retention took, or what is not shown, may stand before the end.
      this.#cursors.set(partition, page.nextOffset > from ? Math.min(page.nextOffset, end) : end);
      this.left -= messages.length;
      if (messages.length > 0) await handle(messages);
      signal.throwIfAborted();
    }
    if (this.left > 0 && this.#cursors.get(partition)! > end)
      throw new TidegateError("OFFSET_OUT_OF_RANGE", `Partition ${partition} of ${topic} ends at ${end}`, {
        field: "offset",
        limit: end,
      });
  }

  async #readFrom(partition: number, from: number, limit: number) {
    const { topic, signal, from: asked } = this.#reading;
    try {
      return await this.#port.read(topic, partition, { from, limit, signal });
    } catch (error) {
      // What retention takes while we read is passed over; an offset that somebody asked for is not.
      const isGone = error instanceof TidegateError && error.code === "OFFSET_OUT_OF_RANGE";
      if (!isGone || (typeof asked === "object" && "offset" in asked && asked.offset === from)) throw error;
      return await this.#port.read(topic, partition, { from: "earliest", limit, signal });
    }
  }
}
