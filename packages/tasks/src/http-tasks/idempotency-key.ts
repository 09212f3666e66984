import { createHash } from "node:crypto";
import { limits } from "@tidegate/contracts";

/** Who made a key: those of users, callbacks and schedules lie beside each other in one topic, and must not meet. */
const spaces = { user: "u:", callback: "c:", schedule: "s:" } as const;

/** A key as it is kept in the topic; one that is too long with its space is kept as its hash. */
export function keptKey(space: keyof typeof spaces, key: string): string {
  const kept = spaces[space] + key;
  if (Buffer.byteLength(kept) <= limits.idempotencyKeyBytes) return kept;
  return `${spaces[space]}#${createHash("sha256").update(key).digest("base64url")}`;
}
