import { pushHeaders, TidegateError } from "@tidegate/contracts";
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

/** A request that is genuine, and what it was read as. */
export interface Verified<Read> extends Pick<Signature, "id" | "sentAt"> {
  readonly read: Read;
  /** How long the answer is waited for, in milliseconds; null where that is not said. Not signed: an advice. */
  readonly timeoutMs: number | null;
}

const defaultToleranceSeconds = 300;
const defaultMaxBytes = 32 * 1024 * 1024;

/**
 * Verifies a signed request after Standard Webhooks, from its raw body, and reads it; who asks last is `seen`. Throws
 * SIGNATURE_INVALID, SIGNATURE_EXPIRED, SIGNATURE_REPLAYED, REQUEST_TOO_LARGE, INVALID, and what `read` throws.
 */
export async function verifySigned<Read>(
  source: PushSource,
  options: VerifyOptions,
  read: (body: string, id: string) => Read,
): Promise<Verified<Read>> {
  const signers = signersOf(options.keys);
  const toleranceSeconds = positive("toleranceSeconds", options.toleranceSeconds ?? defaultToleranceSeconds);
  const maxBytes = positive("maxBytes", options.maxBytes ?? defaultMaxBytes);
  const header = headerReader(source);
  const signature = readSignature(header, toleranceSeconds, (options.now ?? Date.now)());
  const body = await readRawBody(source, maxBytes);
  checkSignature(signature, body, signers);
  const { id, sentAt } = signature;
  const verified = { id, sentAt, read: read(body, id), timeoutMs: timeoutOf(header(pushHeaders.timeout)) };
  await refuseSeen(signature, options.seen);
  return verified;
}

async function refuseSeen({ id, sentAt }: Signature, seen: VerifyOptions["seen"]): Promise<void> {
  if (seen === undefined || !(await seen(`${id}.${sentAt / 1000}`))) return;
  throw new TidegateError("SIGNATURE_REPLAYED", `The request ${id} was accepted before`, {
    field: pushHeaders.id,
  });
}

function timeoutOf(header: string | null): number | null {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : null;
}

function positive(field: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TidegateError("INVALID", `${field} must be more than 0`, { field, limit: 0 });
}
