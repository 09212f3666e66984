import { type Acks, type PublishResponse, TidegateError } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";
import { makeNonce } from "./nonce.ts";
import { type OutgoingMessage, toWire } from "./outgoing-message.ts";

export interface PublishOptions extends CallOptions {
  /** What must have happened before the answer. Default: the server's, `leader`. */
  acks?: Acks;
  /** Whether messages without an idempotency key get one, so that the publish can be repeated. Default true. */
  idempotent?: boolean;
}

export interface PublishRawOptions extends CallOptions {
  /**
   * Stored as the header `content-type`; anything but JSON, which would be taken for the envelope. Default
   * `application/octet-stream`.
   */
  contentType?: string;
  /** Visible ASCII. */
  key?: string;
  delayMs?: number;
  /** Visible ASCII. Default: one is made, so that the publish can be repeated. */
  idempotencyKey?: string;
  /** For a topic with a waiting line. */
  admission?: string;
  /** Whether it gets an idempotency key when it has none. Default true. */
  idempotent?: boolean;
}

/** Publishes messages. Throws TidegateError; `outcomesOf` has what became of each message. */
export async function publish(
  http: Http,
  topic: string,
  messages: OutgoingMessage | readonly OutgoingMessage[],
  options: PublishOptions = {},
): Promise<PublishResponse> {
  const list: readonly OutgoingMessage[] = Array.isArray(messages) ? messages : [messages];
  const idempotent = options.idempotent ?? true;
  const nonce = idempotent ? makeNonce() : null;
  const wire = list.map((message, index) => toWire(message, nonce && `${nonce}-${index}`));
  const { body } = await http.send<PublishResponse>(
    {
      method: "POST",
      path: pathOf("topics", topic, "messages"),
      json: { messages: wire, ...(options.acks !== undefined && { acks: options.acks }) },
      repeatable: wire.every(({ idempotencyKey }) => idempotencyKey !== undefined),
      traced: { operation: "send", destination: topic, messages: wire },
    },
    options,
  );
  return body;
}

/** Publishes one message whose value is the body, byte for byte. Throws TidegateError. */
export async function publishRaw(
  http: Http,
  topic: string,
  value: Uint8Array | string,
  options: PublishRawOptions = {},
): Promise<PublishResponse> {
  const { contentType = "application/octet-stream", key, delayMs, admission, idempotent = true } = options;
  if (/^\s*application\/json\s*(;|$)/i.test(contentType)) {
    throw new TidegateError("INVALID", "A raw body cannot be JSON, which is the envelope: use publish", {
      field: "contentType",
    });
  }
  const idempotencyKey = options.idempotencyKey ?? (idempotent ? makeNonce() : undefined);
  const { body } = await http.send<PublishResponse>(
    {
      method: "POST",
      path: pathOf("topics", topic, "messages"),
      body: value,
      headers: {
        "content-type": contentType,
        ...(key !== undefined && { "tidegate-key": key }),
        ...(delayMs !== undefined && { "tidegate-delay-ms": String(delayMs) }),
        ...(admission !== undefined && { "tidegate-admission": admission }),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      },
      repeatable: idempotencyKey !== undefined,
      traced: { operation: "send", destination: topic },
    },
    options,
  );
  return body;
}
