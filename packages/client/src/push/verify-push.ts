import { type PushRequest, pushHeaders, TidegateError } from "@tidegate/contracts";
import { PushedMessage } from "./pushed-message.ts";
import { headerReader, type PushSource, readRawBody } from "./raw-body.ts";
import { checkSignature, readSignature, type Signature } from "./signature.ts";
import { signersOf } from "./signers.ts";
import type { PushKeys } from "./signing-keys.ts";

export interface VerifyOptions {
  /** The current and the next signing key. */
  keys: PushKeys;
  /** How far the time of signing may be from this clock, in seconds. Default 300. */
  toleranceSeconds?: number;
  /**
   * Whether a request of this id was accepted before: true refuses it. Asked last, so that only genuine requests get into
   * its memory, which has to reach back for twice the tolerance. The id is `webhook-id` with `webhook-timestamp`, that of
   * one sending: when a message failed, Tidegate sends it again under the same `webhook-id`, and that is no replay.
   */
  seen?: (id: string) => boolean | Promise<boolean>;
  /** Of the body. Default 32 MiB, more than Tidegate ever sends. */
  maxBytes?: number;
  /** This clock, in milliseconds since 1970. Default `Date.now`. */
  now?: () => number;
}

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

const defaultToleranceSeconds = 300;
const defaultMaxBytes = 32 * 1024 * 1024;

/**
 * Verifies a pushed request after Standard Webhooks, from its raw body, and decodes it. Throws SIGNATURE_INVALID,
 * SIGNATURE_EXPIRED, SIGNATURE_REPLAYED, REQUEST_TOO_LARGE; INVALID for a body that was parsed before, for a signed body
 * that is no push, and with the name of an option.
 */
export async function verifyPush(source: PushSource, options: VerifyOptions): Promise<Push> {
  const signers = signersOf(options.keys);
  const toleranceSeconds = positive("toleranceSeconds", options.toleranceSeconds ?? defaultToleranceSeconds);
  const maxBytes = positive("maxBytes", options.maxBytes ?? defaultMaxBytes);
  const header = headerReader(source);
  const signature = readSignature(header, toleranceSeconds, (options.now ?? Date.now)());
  const body = await readRawBody(source, maxBytes);
  checkSignature(signature, body, signers);
  const push = decode(body, signature, timeoutOf(header(pushHeaders.timeout)));
  await refuseSeen(signature, options.seen);
  return push;
}

async function refuseSeen({ id, sentAt }: Signature, seen: VerifyOptions["seen"]): Promise<void> {
  if (seen === undefined || !(await seen(`${id}.${sentAt / 1000}`))) return;
  throw new TidegateError("SIGNATURE_REPLAYED", `The request ${id} was accepted before`, {
    field: pushHeaders.id,
  });
}

function decode(body: string, { id, sentAt }: Signature, timeoutMs: number | null): Push {
  const { topic, group, messages } = parse(body);
  const decoded = messages.map((wire) => new PushedMessage(topic, group, wire));
  return { topic, group, messages: decoded, id, sentAt, timeoutMs };
}

function timeoutOf(header: string | null): number | null {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : null;
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

function positive(field: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TidegateError("INVALID", `${field} must be more than 0`, { field, limit: 0 });
}
