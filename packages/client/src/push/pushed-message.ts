import { TidegateError, type PushedMessage as WireMessage } from "@tidegate/contracts";
import { isJson, keyBytes, valueBytes } from "../message-bytes.ts";

/** A message that was pushed. */
export class PushedMessage {
  readonly topic: string;
  readonly group: string;
  /** `<partition>-<offset>`: unique in the topic, and the same however often it is delivered. */
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  /** When it was published, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Counts the deliveries, from 1. */
  readonly attempt: number;
  /** As text: null when it has none, and when it is not UTF-8; see `keyBytes`. */
  readonly key: string | null;
  /** Those that are UTF-8; the others are in `wire.headersBase64`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The message as it came. */
  readonly wire: WireMessage;
  #value: Uint8Array | null | undefined;

  constructor(topic: string, group: string, wire: WireMessage) {
    this.topic = topic;
    this.group = group;
    this.id = wire.id;
    this.partition = wire.partition;
    this.offset = wire.offset;
    this.timestamp = wire.timestamp;
    this.attempt = wire.attempt;
    this.key = wire.key ?? null;
    this.headers = wire.headers;
    this.wire = wire;
  }

  /** As bytes: null when it has none. JSON is written anew, so that its spacing may differ from what was published. */
  get value(): Uint8Array | null {
    if (this.#value === undefined) this.#value = valueBytes(this.wire);
    return this.#value;
  }

  /** The key as bytes: null when it has none. */
  get keyBytes(): Uint8Array | null {
    return keyBytes(this.wire);
  }

  /** The value as text, decoded from UTF-8; empty when it has none. */
  text(): string {
    const { value, valueBase64, headers } = this.wire;
    if (valueBase64 === undefined && typeof value === "string" && !isJson(headers)) return value;
    return utf8.decode(this.value ?? new Uint8Array());
  }

  /** The value as JSON, whatever its content type. Throws INVALID when it is none. */
  json<T = unknown>(): T {
    const { value, valueBase64, headers } = this.wire;
    if (valueBase64 === undefined && value !== undefined && isJson(headers)) return value as T;
    try {
      return JSON.parse(this.text());
    } catch (thrown) {
      throw new TidegateError(
        "INVALID",
        `The value of message ${this.id} is not JSON`,
        { field: "value" },
        thrown,
      );
    }
  }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
