import { TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { type OffsetState, type Standing, standing } from "../group-verbs/standing.ts";
import { usesLanes } from "../groups/group.ts";
import { describePartition, findDelayed } from "../redis/scripts.gen.ts";
import { type Kept, readKept } from "../results/results.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { TicketDirectory, TicketSubject } from "./ticket-directory.ts";
import {
  delayedStanding,
  longDueStanding,
  standingOf,
  type TicketPlace,
  type TicketStanding,
} from "./ticket-standing.ts";

/** A script is asked about so many messages at once, so that it stays short. */
const offsetsACall = 500;

/** Where a partition stands for a ticket's group, and the tickets that were asked for, in order. */
export interface PartitionLook {
  /** From this offset on everything waits. */
  readonly next: number;
  /** Same as `Standing.committed` and `rate`. */
  readonly committed: number;
  readonly rate: number | null;
  readonly tickets: readonly TicketStanding[];
}

/** Where messages of the log stand, and what is kept of them. */
interface OffsetsLook extends Omit<Standing, "now"> {
  readonly kept: readonly Kept[];
}

const nothingKept: Kept = { result: null, failure: null };

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
    const { topic } = subject;
    const delayed = await this.#findDelayed(topic, partition, places);
    const offsets: number[] = [];
    for (const { offset, delayedId } of places) {
      const found = offset ?? delayed.get(delayedId!)?.offset;
      if (found !== undefined && found !== null) offsets.push(found);
    }
    const { committed, next, rate, states, kept } = await this.#lookAtOffsets(
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

  async #lookAtOffsets(
    { topic, group }: TicketSubject,
    partition: number,
    offsets: readonly number[],
    wake: boolean,
  ): Promise<OffsetsLook> {
    const context = this.#context;
    if (group === null) return lookWithoutGroup(context, topic, partition, offsets);
    const slices: (readonly number[])[] = [];
    for (let from = 0; from === 0 || from < offsets.length; from += offsetsACall)
      slices.push(offsets.slice(from, from + offsetsACall));
    // The results behind the standing: who dies between putting a result and settling leaves it unsettled.
    const asked = slices.map(async (slice) => {
      const standings = standing(context, topic, group, partition, slice);
      const results = readKept(context, topic, group.name, partition, slice, wake);
      const [stood, kept] = await Promise.all([standings, results]);
      if (usesLanes(group)) await this.#lookAgain(topic, group.name, partition, slice, stood.states, kept);
      return { stood, kept };
    });
    const answers = await Promise.all(asked);
    return {
      ...answers[0]!.stood,
      states: answers.flatMap(({ stood }) => stood.states),
      kept: answers.flatMap(({ kept }) => kept),
    };
  }

  /**
   * Where the group keeps its messages on another node, the two answers may have crossed: something ended is looked at
   * again.
   */
  async #lookAgain(
    topic: Topic,
    group: string,
    partition: number,
    offsets: readonly number[],
    states: readonly OffsetState[],
    kept: Kept[],
  ): Promise<void> {
    const unsure = (index: number) =>
      states[index] === "ended" && kept[index]!.result === null && kept[index]!.failure === null;
    const indexes = offsets.map((_, index) => index).filter(unsure);
    if (indexes.length === 0) return;
    const again = await readKept(
      this.#context,
      topic,
      group,
      partition,
      indexes.map((index) => offsets[index]!),
      false,
    );
    for (const [at, index] of indexes.entries()) kept[index] = again[at]!;
  }

  async #findDelayed(
    topic: Topic,
    partition: number,
    places: readonly TicketPlace[],
  ): Promise<Map<number, DelayedPlace>> {
    const numbers = [
      ...new Set(places.flatMap(({ offset, delayedId }) => (offset === null ? [delayedId!] : []))),
    ];
    const found = new Map<number, DelayedPlace>();
    for (let from = 0; from < numbers.length; from += offsetsACall) {
      const slice = numbers.slice(from, from + offsetsACall);
      const keys = keysOf(this.#context.space, topic, partition);
      const args = { now: this.#context.scriptNow(), topicId: topic.topicId };
      const reply = await run(this.#context, findDelayed, keys, args, { args: slice });
      const [now, , , texts] = reply as [number, number, number, Buffer[]];
      for (const [index, number] of slice.entries())
        found.set(number, delayedPlace(String(texts[index]), now));
    }
    return found;
  }
}

/** A delayed message: when it is due, or where it went, or before which offset that must have been. */
type DelayedPlace =
  | { readonly dueAt: number; readonly now: number; readonly offset?: undefined }
  | { readonly offset: number }
  | { readonly before: number; readonly offset?: undefined };

function delayedPlace(text: string, now: number): DelayedPlace {
  if (text.startsWith("=")) return { offset: Number(text.slice(1)) };
  if (text.startsWith("<")) return { before: Number(text.slice(1)) };
  return { dueAt: Number(text), now };
}

/** Before there is a group everything waits. */
async function lookWithoutGroup(
  context: Context,
  topic: Topic,
  partition: number,
  offsets: readonly number[],
): Promise<OffsetsLook> {
  const { meta } = keysOf(context.space, topic, partition);
  const [start] = (await run(context, describePartition, { meta }, { topicId: topic.topicId })) as [number];
  return {
    committed: start,
    next: start,
    rate: null,
    states: offsets.map((offset) => (offset < start ? "expired" : "waiting")),
    kept: offsets.map(() => nothingKept),
  };
}
