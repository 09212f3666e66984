import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { PushedMessage } from "./pushed-message.ts";
import type { Push } from "./verify-push.ts";

/** The event that Lambda calls a function with for a queue of SQS. */
export interface SqsEvent {
  Records: SqsRecord[];
}

export interface SqsRecord {
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: SqsAttributes;
  messageAttributes: Record<string, SqsMessageAttribute>;
  md5OfBody: string;
  eventSource: string;
  eventSourceARN: string;
  awsRegion: string;
}

export interface SqsAttributes {
  ApproximateReceiveCount: string;
  SentTimestamp: string;
  SenderId: string;
  ApproximateFirstReceiveTimestamp: string;
  MessageGroupId?: string;
}

export interface SqsMessageAttribute {
  stringValue?: string;
  binaryValue?: string;
  stringListValues: string[];
  binaryListValues: string[];
  dataType: string;
}

/**
 * A push as the event of SQS. A `body` is text there: JSON and text as they are, other bytes in base64, no value as an
 * empty string. The message's headers are its `messageAttributes`, its key the `MessageGroupId`. When it was first received is
 * not known, so that is when it was sent this time.
 */
export function sqsEvent(push: Push, eventSourceARN: string): SqsEvent {
  const awsRegion = eventSourceARN.split(":")[3] ?? "";
  return { Records: push.messages.map((message) => record(message, push, eventSourceARN, awsRegion)) };
}

function record(message: PushedMessage, push: Push, eventSourceARN: string, awsRegion: string): SqsRecord {
  const body = bodyOf(message);
  return {
    messageId: message.id,
    receiptHandle: `${push.id}/${message.id}/${message.attempt}`,
    body,
    attributes: {
      ApproximateReceiveCount: String(message.attempt),
      SentTimestamp: String(message.timestamp),
      SenderId: "tidegate",
      ApproximateFirstReceiveTimestamp: String(push.sentAt),
      ...(message.key !== null && { MessageGroupId: message.key }),
    },
    messageAttributes: attributesOf(message),
    // Few ask for it.
    get md5OfBody() {
      return bytesToHex(md5(new TextEncoder().encode(body)));
    },
    eventSource: "aws:sqs",
    eventSourceARN,
    awsRegion,
  };
}

function bodyOf(message: PushedMessage): string {
  return message.wire.valueBase64 ?? message.text();
}

function attributesOf({ wire }: PushedMessage): Record<string, SqsMessageAttribute> {
  const lists = () => ({ stringListValues: [], binaryListValues: [] });
  const texts = Object.entries(wire.headers).map(
    ([name, stringValue]) => [name, { stringValue, ...lists(), dataType: "String" }] as const,
  );
  const binaries = Object.entries(wire.headersBase64 ?? {}).map(
    ([name, binaryValue]) => [name, { binaryValue, ...lists(), dataType: "Binary" }] as const,
  );
  return Object.fromEntries([...texts, ...binaries]);
}
