import { isUtf8 } from "node:buffer";
import {
  type Client,
  type OutgoingMessage as ClientMessage,
  keyBytes,
  outcomesOf,
  valueBytes,
} from "@tidegate/client";
import { type Acks, type StoredMessage, TidegateError } from "@tidegate/contracts";
import type { MessageHeader, OutgoingMessage } from "@tidegate/core";
import type { Appended, Consumption, MessagePort, Page, ReadMessage } from "./message-port.ts";

/** Messages over HTTP. */
export class HttpMessages implements MessagePort {
  /** Requests side by side may overtake each other, and lines are to keep their order. */
  readonly appendsAtATime = 1;
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async append(
    topic: string,
    messages: readonly OutgoingMessage[],
    { acks, signal }: { acks: Acks | undefined; signal: AbortSignal },
  ): Promise<Appended> {
    const options = { signal, ...(acks === undefined ? {} : { acks }) };
    try {
      const answer = await this.#client.publish(topic, messages.map(toClient), options);
      return { duplicates: answer.messages.filter(({ duplicate }) => duplicate).length, refused: [] };
    } catch (error) {
      const outcomes = outcomesOf(error);
      if (outcomes === null) throw error;
      const refused = outcomes.flatMap((outcome, index) =>
        "code" in outcome ? [{ index, error: new TidegateError(outcome.code) }] : [],
      );
      const duplicates = outcomes.filter((outcome) => "duplicate" in outcome && outcome.duplicate).length;
      return { duplicates, refused };
    }
  }

  async read(topic: string, partition: number, query: Parameters<MessagePort["read"]>[2]): Promise<Page> {
    const { from, limit, signal } = query;
    const page = await this.#client.read(topic, partition, { from, limit }, { signal });
    return { ...page, messages: page.messages.map((message) => new Shown(partition, message)) };
  }

  async consume(consumption: Consumption): Promise<void> {
    const { consumeOverHttp } = await import("./consume-over-http.ts");
    await consumeOverHttp(this.#client, consumption);
  }
}

/** A message that the wire has shown. */
export class Shown implements ReadMessage {
  readonly partition: number;
  readonly message: StoredMessage;

  constructor(partition: number, message: StoredMessage) {
    this.partition = partition;
    this.message = message;
  }

  get offset(): number {
    return this.message.offset;
  }

  key(): Uint8Array | null {
    return keyBytes(this.message);
  }

  value(): Uint8Array | null {
    return valueBytes(this.message);
  }

  shown(): StoredMessage {
    return this.message;
  }
}

/** Text goes as text, and bytes in base64; stored are the same bytes. */
function toClient({ key, value, headers, ...rest }: OutgoingMessage): ClientMessage {
  const { partition, delayMs, idempotencyKey } = rest;
  const isText = headers?.some(({ key, value }) => isTextType(key, value)) ?? false;
  return {
    ...(key === null || key === undefined ? {} : { key: isUtf8(key) ? text(key) : key }),
    ...(value === null ? { valueBase64: null } : { value: isText && isUtf8(value) ? text(value) : value }),
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    ...(partition === undefined ? {} : { partition }),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

function headersOf(headers: readonly MessageHeader[]): Record<string, string | Uint8Array> {
  return Object.fromEntries(
    headers.map(({ key, value }) => [key, value === null ? "" : isUtf8(value) ? text(value) : value]),
  );
}

function isTextType(name: string, value: Uint8Array | null): boolean {
  return name.toLowerCase() === "content-type" && value !== null && /^text\//i.test(text(value));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
