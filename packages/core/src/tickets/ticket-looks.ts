import { TidegateError } from "@tidegate/contracts";
import type { Context } from "../context.ts";
import { findDelayedPlaces } from "./delayed-places.ts";
import { lookAtOffsets } from "./look-at-offsets.ts";
import type { TicketDirectory, TicketSubject } from "./ticket-directory.ts";
import {
  delayedStanding,
  longDueStanding,
  standingOf,
  type TicketPlace,
  type TicketStanding,
} from "./ticket-standing.ts";

/** Where a partition stands for a ticket's group, and the tickets that were asked for, in order. */
export interface PartitionLook {
  /** From this offset on everything waits. */
  readonly next: number;
  /** Same as `Standing.committed` and `rate`. */
  readonly committed: number;
  readonly rate: number | null;
  readonly tickets: readonly TicketStanding[];
}

/** Where the runtime has no such turns, the end of the tick. */
const endOfTurn: (leave: () => void) => unknown =
  typeof setImmediate === "function" ? setImmediate : queueMicrotask;

interface Asked {
  readonly place: TicketPlace;
  resolve(standing: TicketStanding): void;
  reject(error: unknown): void;
}

/**
 * Looks at tickets: one round trip, whatever the backlog. What is asked about one partition in one turn of the event loop
 * shares its calls.
 */
export class TicketLooks {
  readonly #context: Context;
  readonly #directory: TicketDirectory;
  readonly #asked = new Map<string, Asked[]>();

  constructor(context: Context, directory: TicketDirectory) {
    this.#context = context;
    this.#directory = directory;
  }

  /** What a ticket tells now. @throws TOPIC_NOT_FOUND */
  look(place: TicketPlace): Promise<TicketStanding> {
    return new Promise((resolve, reject) => {
      const key = `${place.partition} ${place.topicId}`;
      const asked = { place, resolve, reject };
      const others = this.#asked.get(key);
      if (others !== undefined) others.push(asked);
      else {
        this.#asked.set(key, [asked]);
        endOfTurn(() => void this.#answer(key));
      }
    });
  }

  /** Looks at a partition and at any of its tickets. With `wake`, its next result wakes the waiting. */
  async lookAt(
    topicId: string,
    partition: number,
    places: readonly TicketPlace[],
    wake: boolean,
  ): Promise<PartitionLook> {
    for (let attempt = 0; ; attempt += 1) {
      const subject = await this.#directory.find(topicId);
      try {
        return await this.#lookAt(subject, partition, places, wake);
      } catch (error) {
        const code = error instanceof TidegateError ? error.code : null;
        if (code !== "TOPIC_NOT_FOUND" && code !== "GROUP_NOT_FOUND") throw error;
        this.#directory.forget(topicId);
        if (code === "TOPIC_NOT_FOUND" && attempt > 0) throw error;
        // A partition that was just added has its groups a moment later: until then everything waits there.
        if (attempt > 0) return this.#lookAt({ topic: subject.topic, group: null }, partition, places, wake);
      }
    }
  }

  async #answer(key: string): Promise<void> {
    const asked = this.#asked.get(key)!;
    this.#asked.delete(key);
    const { topicId, partition } = asked[0]!.place;
    try {
      const places = asked.map(({ place }) => place);
      const { tickets } = await this.lookAt(topicId, partition, places, false);
      for (const [index, one] of asked.entries()) one.resolve(tickets[index]!);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  async #lookAt(
    subject: TicketSubject,
    partition: number,
    places: readonly TicketPlace[],
    wake: boolean,
  ): Promise<PartitionLook> {
    const delayedIds = places.flatMap(({ offset, delayedId }) => (offset === null ? [delayedId!] : []));
    const delayed = await findDelayedPlaces(this.#context, subject.topic, partition, delayedIds);
    const offsets: number[] = [];
    for (const { offset, delayedId } of places) {
      const found = offset ?? delayed.get(delayedId!)?.offset;
      if (found !== undefined && found !== null) offsets.push(found);
    }
    const { committed, next, rate, states, kept } = await lookAtOffsets(
      this.#context,
      subject,
      partition,
      offsets,
      wake,
    );
    let at = 0;
    const tickets = places.map(({ offset, delayedId }) => {
      const found = offset === null ? delayed.get(delayedId!)! : { offset };
      if ("dueAt" in found) return delayedStanding(found.dueAt, found.now);
      if ("before" in found) return longDueStanding(committed >= found.before);
      const index = at++;
      return standingOf(found.offset, states[index]!, { committed, rate }, kept[index]!);
    });
    return { next, committed, rate, tickets };
  }
}
