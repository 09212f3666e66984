import { createHash } from "node:crypto";
import { pushedMessageId } from "@tidegate/contracts";
import { type DeliveredMessage, showDelivered } from "@tidegate/core";

/** What is sent for some messages of one partition. */
export interface PushBody {
  /** Of each message, in order. */
  readonly ids: readonly string[];
  readonly body: string;
}

/** The body of a pushed request: the contract's `pushRequest`. */
export function pushBody(
  topic: string,
  group: string,
  partition: number,
  messages: readonly DeliveredMessage[],
): PushBody {
  const ids: string[] = [];
  const shown = messages.map((message) => {
    const id = pushedMessageId(partition, message.offset);
    ids.push(id);
    return Object.assign(showDelivered(message), { id, partition });
  });
  return { ids, body: JSON.stringify({ topic, group, messages: shown }) };
}

/**
 * The `webhook-id` of a request: the same for every attempt with the same messages, and only for those. Without a full
 * stop, which separates what is signed.
 */
export function pushId(
  topicId: string,
  group: string,
  partition: number,
  messages: readonly DeliveredMessage[],
): string {
  const first = `${topicId}:${group}:${pushedMessageId(partition, messages[0]!.offset)}`;
  if (messages.length === 1) return first;
  const offsets = messages.map(({ offset }) => offset).join(",");
  return `${first}:${messages.length}:${createHash("sha256").update(offsets).digest("base64url").slice(0, 16)}`;
}
