import { pushHeaders, TidegateError } from "@tidegate/contracts";
import type { Webhook } from "standardwebhooks";

/** What the headers of a signed request say, before it is known whether it is true. */
export interface Signature {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  /** Each as `v1,<base64>`. */
  readonly values: readonly string[];
}

/**
 * Reads the headers of a signed request (Standard Webhooks). Throws SIGNATURE_INVALID with the header that is missing or
 * malformed, SIGNATURE_EXPIRED when it was signed at another time than the tolerance allows: looked at before
 * the body is read.
 */
export function readSignature(
  header: (name: string) => string | null,
  toleranceSeconds: number,
  now: number,
): Signature {
  const id = required(header, pushHeaders.id);
  const timestamp = required(header, pushHeaders.timestamp);
  const values = required(header, pushHeaders.signature).split(" ");
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new TidegateError(
      "SIGNATURE_INVALID",
      `The header ${pushHeaders.timestamp} is no time in seconds`,
      {
        field: pushHeaders.timestamp,
      },
    );
  }
  const sentAt = Number(timestamp) * 1000;
  const offSeconds = Math.trunc((now - sentAt) / 1000);
  if (Math.abs(offSeconds) > toleranceSeconds) {
    throw new TidegateError(
      "SIGNATURE_EXPIRED",
      offSeconds > 0
        ? `The request was signed ${offSeconds} s ago, and ${toleranceSeconds} s are allowed`
        : `The request was signed ${-offSeconds} s ahead of this clock, and ${toleranceSeconds} s are allowed`,
      { field: pushHeaders.timestamp, limit: toleranceSeconds },
    );
  }
  return { id, sentAt, values };
}

/** Throws SIGNATURE_INVALID unless one of the signatures is that of one of the keys over the body. */
export function checkSignature(signature: Signature, body: string, signers: readonly Webhook[]): void {
  const sentAt = new Date(signature.sentAt);
  for (const signer of signers) {
    const expected = signer.sign(signature.id, sentAt, body);
    if (signature.values.some((value) => equals(value, expected))) return;
  }
  throw new TidegateError("SIGNATURE_INVALID", "No signature of the request is by one of the keys", {
    field: pushHeaders.signature,
  });
}

function required(header: (name: string) => string | null, name: string): string {
  const value = header(name);
  if (value !== null && value !== "") return value;
  throw new TidegateError("SIGNATURE_INVALID", `The request has no header ${name}`, { field: name });
}

/** Takes as long wherever they differ, so that the time says nothing of how much of a forged one was right. */
function equals(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let at = 0; at < expected.length; at++) difference |= given.charCodeAt(at) ^ expected.charCodeAt(at);
  return difference === 0;
}
