import { limits, TidegateError } from "@tidegate/contracts";
import { type Context, nonce } from "../context.ts";
import type { Meter } from "../meter.ts";
import { toTidegateError } from "../redis/errors.ts";
import type { Topic } from "../topics/topic.ts";
import { type AppendCall, appendCall } from "./append-call.ts";
import type { OutgoingMessage } from "./message.ts";
import type { Backlog, Parcel } from "./parcel.ts";
import type { StickyPartitioner } from "./partitioner.ts";
import { memoryFull, readRefusal } from "./refusal.ts";
import { Unit } from "./unit.ts";

/** An append call carries at most so many bytes and units, so that a script stays short. */
const callBytes = 1024 * 1024;
const callUnits = 500;
/** Room that the first shared unit starts with; later ones as the largest of the last call. */
const firstUnitBytes = 1024;
/** How long to wait before a call whose answer stayed out is sent again. */
const repeatPauseMs = 50;
/** Behind a call that was given up, what has used so much of its time is not begun any more. */
const usedUp = 0.9;

/** Where the runtime has no such turns, the end of the tick. */
const endOfTurn: (leave: () => void) => unknown =
  typeof setImmediate === "function" ? setImmediate : queueMicrotask;

/**
 * Gathers what one process appends to one partition. One call is under way at a time, so order is kept and a repeat of
 * it (same appender, same sequence) is answered with its first answer; what comes meanwhile leaves together.
 */
export class PartitionAppender {
  readonly #context: Context;
  #topic: Topic;
  readonly #partition: number;
  readonly #send: (call: AppendCall, timeoutMs: number) => Promise<string>;
  readonly #refresh: (above: number | null) => Promise<Topic>;
  readonly #sticky: StickyPartitioner;
  readonly #appender = nonce();
  #sequence = 0;
  #queue: Unit[] = [];
  #queuedBytes = 0;
  #unitBytes = firstUnitBytes;
  #scheduled = false;
  #busy = false;
  /** As the last answer told it. */
  #backlog: Backlog | null = null;

  constructor(
    context: Context,
    topic: Topic,
    partition: number,
    send: (call: AppendCall, timeoutMs: number) => Promise<string>,
    refresh: (above: number | null) => Promise<Topic>,
    sticky: StickyPartitioner,
  ) {
    this.#refresh = refresh;
    this.#context = context;
    this.#topic = topic;
    this.#partition = partition;
    this.#send = send;
    this.#sticky = sticky;
  }

  /** Adds a message of a parcel to what leaves next. Its time counts from `since`. */
  add(parcel: Parcel, index: number, message: OutgoingMessage, now: number, since: number): void {
    const from = parcel.take(index);
    const conditional =
      this.#topic.gate !== null ||
      message.idempotencyKey !== undefined ||
      message.delayMs !== undefined ||
      message.deliverAt !== undefined;
    let unit = this.#queue.at(-1);
    const before = unit?.bytes ?? 0;
    if (!conditional && unit?.open && unit.add(parcel, from, message, now)) {
      this.#queuedBytes += unit.bytes - before;
    } else {
      unit = conditional
        ? Unit.single(since, this.#topic, message)
        : Unit.shared(since, this.#topic, this.#context.batchBytes, this.#unitBytes);
      unit.add(parcel, from, message, message.deliverAt ?? now + (message.delayMs ?? 0));
      this.#queue.push(unit);
      this.#queuedBytes += unit.bytes;
    }
    if (!this.#scheduled && !this.#busy) this.#schedule();
  }

  #schedule(): void {
    this.#scheduled = true;
    const leave = () => {
      this.#scheduled = false;
      void this.#drain();
    };
    const { lingerMs } = this.#context;
    if (lingerMs > 0 && this.#queuedBytes < callBytes) setTimeout(leave, lingerMs);
    else this.#afterTurn(leave);
  }

  /**
   * Goes on when this turn of the event loop is over, so that requests which have arrived with others leave with them;
   * what nears a full batch does not wait, since Redis could be at work on it.
   */
  #afterTurn(leave: () => void): void {
    if (this.#queuedBytes < this.#context.batchBytes / 2) endOfTurn(leave);
    else queueMicrotask(leave);
  }

  async #drain(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    let gaveUp = false;
    while (this.#queue.length > 0) {
      this.#refuseLate(gaveUp ? usedUp : 1);
      if (this.#queue.length === 0) break;
      const units = this.#takeUnits();
      this.#sticky.left(this.#partition, this.#queue.length === 0);
      gaveUp = !(await this.#flush(units));
      this.#sticky.answered();
      if (this.#queue.length > 0) await new Promise<void>((resolve) => this.#afterTurn(resolve));
    }
    this.#busy = false;
  }

  /** What has waited behind others for such a part of its time is never sent, and its callers are told so. */
  #refuseLate(part: number): void {
    const latest = Date.now() - this.#context.callTimeoutMs * part;
    if (this.#queue[0]!.since > latest) return;
    const kept = this.#queue.findIndex(({ since }) => since > latest);
    const late = this.#queue.splice(0, kept === -1 ? this.#queue.length : kept);
    for (const { bytes } of late) this.#queuedBytes -= bytes;
    const detail = "Redis left what came before unanswered; nothing of this was sent";
    this.#refuse(late, new TidegateError("OVERLOADED", detail));
  }

  #takeUnits(): Unit[] {
    let bytes = 0;
    let count = 0;
    let largest = 0;
    for (const unit of this.#queue) {
      if (count > 0 && (bytes + unit.bytes > callBytes || count === callUnits)) break;
      bytes += unit.bytes;
      count += 1;
      if (unit.open) largest = Math.max(largest, unit.bytes);
    }
    if (largest > 0) this.#unitBytes = largest;
    this.#queuedBytes -= bytes;
    if (count === this.#queue.length) {
      const all = this.#queue;
      this.#queue = [];
      return all;
    }
    return this.#queue.splice(0, count);
  }

  /** False when Redis did not answer in the time of the oldest unit. */
  async #flush(units: Unit[]): Promise<boolean> {
    this.#sequence += 1;
    const makeCall = () =>
      appendCall(this.#context, this.#topic, this.#partition, this.#appender, this.#sequence, units);
    let call = makeCall();
    let adoptions = 0;
    const giveUpAt = units[0]!.since + this.#context.callTimeoutMs;
    for (;;) {
      try {
        this.#deliver(units, await this.#send(call, Math.max(1, giveUpAt - Date.now())));
        return true;
      } catch (error) {
        const failure = await this.#afterStale(toTidegateError(error), adoptions);
        if (failure === null) {
          adoptions += 1;
          call = makeCall();
          continue;
        }
        if (failure.code !== "REDIS_UNAVAILABLE" || Date.now() + repeatPauseMs >= giveUpAt) {
          this.#refuse(units, failure.code === "OVERLOADED" ? memoryFull(failure, this.#backlog) : failure);
          return failure.code !== "REDIS_UNAVAILABLE";
        }
        await new Promise((resolve) => setTimeout(resolve, repeatPauseMs));
      }
    }
  }

  /**
   * Takes over a change of the topic that leaves units and partitions as they are: null when that was done and the call
   * can be sent again, ahead of what waits behind it. Else what the call failed with; REDIS_UNAVAILABLE when the topic
   * could not be asked for, which is to be tried again, or what waits would overtake it.
   */
  async #afterStale(failure: TidegateError, adoptions: number): Promise<TidegateError | null> {
    if (failure.code !== "STALE_TOPIC" || adoptions === limits.staleRetries) return failure;
    try {
      let topic = await this.#refresh(null);
      // The registry may have lost its last change, or all since a snapshot: then the versions only differ.
      if (topic.version === this.#topic.version) {
        topic = await this.#refresh(Number(failure.details.partitionVersion ?? 0));
      }
      if (topic.version === this.#topic.version || !servesSameUnits(this.#topic, topic)) return failure;
      this.#topic = topic;
      return null;
    } catch (error) {
      const met = toTidegateError(error);
      return met.code === "REDIS_UNAVAILABLE" ? met : failure;
    }
  }

  /** Reads the script's line: now, end, backlog, how long it will take, oldest, then a word a unit. */
  #deliver(units: readonly Unit[], line: string): void {
    const words = line.split(" ");
    const backlog: Backlog = {
      messages: Number(words[2]),
      oldestMs: Math.max(0, Number(words[0]) - Number(words[4])),
      etaMs: words[3] === "-" ? null : Number(words[3]),
    };
    this.#backlog = backlog;
    for (const [index, unit] of units.entries()) this.#deliverUnit(unit, words[5 + index]!, backlog);
    this.#context.touched?.add(this.#topic, this.#partition);
    if (this.#context.meter !== null) meterAppend(this.#context.meter, this.#topic, units, words);
  }

  #deliverUnit(unit: Unit, word: string, backlog: Backlog): void {
    const partition = this.#partition;
    const duplicate = word.startsWith("=");
    const place = duplicate ? word.slice(1) : word;
    for (const part of unit.parts) {
      const { outcomes, indexes } = part.parcel;
      part.parcel.backlog = backlog;
      const refusal = readRefusal(place);
      if (refusal !== null) {
        const error = new TidegateError(refusal.code, undefined, {
          topic: this.#topic.name,
          partition,
          ...refusal.details,
        });
        for (let n = 0; n < part.count; n += 1)
          outcomes[indexes[part.from + n]!] = { status: "refused", error };
      } else if (place.startsWith("d")) {
        const delayedId = Number(place.slice(1));
        outcomes[indexes[part.from]!] = { status: "delayed", partition, delayedId, duplicate };
      } else {
        const first = Number(place) + part.position;
        for (let n = 0; n < part.count; n += 1) {
          outcomes[indexes[part.from + n]!] = { status: "appended", partition, offset: first + n, duplicate };
        }
      }
      part.parcel.settle(part.count);
    }
  }

  #refuse(units: readonly Unit[], error: TidegateError): void {
    const stale = error.code === "STALE_TOPIC" || error.code === "TOPIC_NOT_FOUND";
    for (const unit of units) {
      for (const { parcel, from, count } of unit.parts) {
        if (stale) parcel.stale = error;
        else {
          for (let n = 0; n < count; n += 1) {
            parcel.outcomes[parcel.indexes[from + n]!] = { status: "refused", error };
          }
        }
        parcel.settle(count);
      }
      if (!stale)
        this.#context.meter?.refused?.(this.#topic.name, error.code, unit.count, gateOf(this.#topic));
    }
  }
}

/** Tells what the script's words say of units; a repeat is neither appended nor refused. */
function meterAppend(meter: Meter, topic: Topic, units: readonly Unit[], words: readonly string[]): void {
  let messages = 0;
  let bytes = 0;
  for (const [index, { count, bytes: size }] of units.entries()) {
    const word = words[5 + index]!;
    if (word.startsWith("=")) continue;
    const refusal = readRefusal(word);
    if (refusal === null) {
      messages += count;
      bytes += size;
    } else meter.refused?.(topic.name, refusal.code, count, gateOf(topic));
  }
  if (messages > 0) meter.appended?.(topic.name, messages, bytes, gateOf(topic));
}

function gateOf({ gate }: Topic): string | null {
  return gate === null ? null : gate.id;
}

/** Whether units and partitions made for one version of a topic are right for the other. */
export function servesSameUnits(one: Topic, other: Topic): boolean {
  return (
    one.topicId === other.topicId &&
    one.partitions === other.partitions &&
    (one.gate === null) === (other.gate === null)
  );
}
