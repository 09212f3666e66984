import type { MessageSet } from "../message-set.ts";
import { topic } from "../tidegate.ts";

/** `idempotent`: each message has an idempotency key. */
export type PublishKind = "plain" | "idempotent";

export const publishPath = `/v1/topics/${topic}/messages`;

/** The body of the request that publishes a message: its payload as a JSON string. */
export function publishBody(messages: MessageSet, index: number, kind: PublishKind): string {
  const [text] = messages.texts(index, index + 1);
  const key = kind === "idempotent" ? `,"idempotencyKey":"order-${String(index).padStart(8, "0")}"` : "";
  return `{"messages":[{"value":"${text}"${key}}]}`;
}
