import { RecordBatchBuilder } from "@tidegate/record-batch";
import type { Topic } from "../topics/topic.ts";
import { messageHash, type OutgoingMessage } from "./message.ts";
import type { Parcel } from "./parcel.ts";

/** Consecutive messages of one parcel in a unit. */
interface Part {
  readonly parcel: Parcel;
  /** Where the messages stand in the unit. */
  readonly position: number;
  /** Where their places stand in the parcel's list of indexes. */
  readonly from: number;
  count: number;
}

/** What an append admits or refuses as a whole: one record batch. */
export class Unit {
  readonly parts: Part[] = [];
  /** When its first message came, by this process's clock. */
  readonly since: number;
  readonly #builder: RecordBatchBuilder;
  #body: Buffer | null = null;
  /** Whether further messages may join: none that has a condition of its own. */
  readonly open: boolean;
  /** When it enters the log: a time in ms, `+<ms>` from when Redis takes it, or empty for at once. */
  readonly due: string;
  readonly idempotencyKey: string;
  readonly hash: string;
  readonly gateKey: string | Buffer;
  /** What it asks of the gate: units of stock, and behind commas the admission that it carries. */
  readonly gateTerms: string | number;

  private constructor(
    since: number,
    builder: RecordBatchBuilder,
    open: boolean,
    due: string,
    message?: OutgoingMessage,
  ) {
    this.since = since;
    this.#builder = builder;
    this.open = open;
    this.due = due;
    this.idempotencyKey = message?.idempotencyKey ?? "";
    this.hash = this.idempotencyKey === "" ? "" : messageHash(message!);
    const key = message?.key;
    this.gateKey = key ? Buffer.from(key.buffer, key.byteOffset, key.length) : "";
    this.gateTerms = termsOf(message);
  }

  /** A unit that unconditional messages share. `expectedBytes` is room made at once, not a limit. */
  static shared(since: number, topic: Topic, batchBytes: number, expectedBytes: number): Unit {
    const { compression } = topic;
    return new Unit(
      since,
      new RecordBatchBuilder({ maxBytes: batchBytes, initialBytes: expectedBytes, compression }),
      true,
      "",
    );
  }

  /** A unit of one message with a condition: an idempotency key, a gate or a due time. */
  static single(since: number, topic: Topic, message: OutgoingMessage): Unit {
    const { deliverAt, delayMs } = message;
    const due = deliverAt === undefined ? (delayMs ? `+${delayMs}` : "") : String(deliverAt);
    return new Unit(since, new RecordBatchBuilder({ compression: topic.compression }), false, due, message);
  }

  /** Messages in it. */
  count = 0;

  /** Bytes of the batch before compression. */
  bytes = 0;

  /** Adds a parcel's message; false when the unit is full. */
  add(parcel: Parcel, from: number, message: OutgoingMessage, timestamp: number): boolean {
    const position = this.#builder.count;
    const fits = this.#builder.append({
      key: message.key ?? null,
      value: message.value,
      headers: message.headers,
      timestamp,
    });
    if (!fits) return false;
    this.count += 1;
    this.bytes = this.#builder.bytes;
    const last = this.parts.at(-1);
    if (last && last.parcel === parcel && last.from + last.count === from) last.count += 1;
    else this.parts.push({ parcel, position, from, count: 1 });
    return true;
  }

  /** The record batch; nothing can be added after it was asked for. */
  get body(): Buffer {
    if (this.#body === null) {
      const bytes = this.#builder.build();
      this.#body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#body;
  }
}

function termsOf({ stockUnits = 1, admission }: Partial<OutgoingMessage> = {}): string | number {
  if (admission === undefined) return stockUnits;
  if (admission === "waived") return `${stockUnits},waived`;
  return `${stockUnits},${admission.line},${admission.place},${admission.expiresAt}`;
}
