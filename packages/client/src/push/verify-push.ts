import { type PushRequest, pushHeaders, TidegateError, webhookIdPrefixes } from "@tidegate/contracts";
import { PushedMessage } from "./pushed-message.ts";
import type { PushSource } from "./raw-body.ts";
import { type VerifyOptions, verifySigned } from "./verify-signed.ts";

/** A pushed request that is genuine. */
export interface Push {
  readonly topic: string;
  readonly group: string;
  readonly messages: readonly PushedMessage[];
  /** The `webhook-id`: the same each time these messages are sent. */
  readonly id: string;
  /** When it was sent this time, in milliseconds since 1970. */
  readonly sentAt: number;
  /** How long the answer is waited for, in milliseconds; null where that is not said. Not signed: an advice. */
  readonly timeoutMs: number | null;
}

/**
 * Verifies a pushed request after Standard Webhooks, from its raw body, and decodes it. Throws SIGNATURE_INVALID,
 * SIGNATURE_EXPIRED, SIGNATURE_REPLAYED, REQUEST_TOO_LARGE; INVALID for a body that was parsed before, for a signed request
 * that is no push, and with the name of an option.
 */
export async function verifyPush(source: PushSource, options: VerifyOptions): Promise<Push> {
  const { read, ...about } = await verifySigned(source, options, (body, id) => {
    refuseTasks(id);
    return parse(body);
  });
  const { topic, group, messages } = read;
  return { topic, group, messages: messages.map((wire) => new PushedMessage(topic, group, wire)), ...about };
}

/** What an HTTP task sends is up to whoever enqueued it: it may look like a push, and is signed by the same key. */
function refuseTasks(id: string): void {
  if (!Object.values(webhookIdPrefixes).some((prefix) => id.startsWith(prefix))) return;
  throw new TidegateError(
    "INVALID",
    "The request is signed, but is an HTTP task or a callback, and no push",
    {
      field: pushHeaders.id,
    },
  );
}

/** Who knows the key sends what the contract says; this only tells a webhook of another kind from a push. */
function parse(body: string): PushRequest {
  let parsed: PushRequest | null = null;
  try {
    parsed = JSON.parse(body);
  } catch {}
  const isPush =
    typeof parsed?.topic === "string" &&
    typeof parsed.group === "string" &&
    Array.isArray(parsed.messages) &&
    parsed.messages.every(
      (message) => typeof message?.id === "string" && typeof message.headers === "object",
    );
  if (isPush) return parsed!;
  throw new TidegateError("INVALID", "The body is signed, but is no push of Tidegate", { field: "body" });
}
