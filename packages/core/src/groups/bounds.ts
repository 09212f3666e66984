import { defaults, limits } from "@tidegate/contracts";
import { requireInteger } from "../require.ts";

/** How much is leased at a time. */
export interface Bounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** The bounds, checked; those in bytes have a default. @throws INVALID */
export function requireBounds(wanted: {
  readonly maxMessages: number;
  readonly maxBytes?: number | undefined;
}): Bounds {
  const bytes = wanted.maxBytes ?? defaults.receiveBytes;
  return {
    maxMessages: requireInteger("maxMessages", wanted.maxMessages, 1, limits.receiveMessages),
    maxBytes: requireInteger("maxBytes", bytes, 1, limits.receiveBytes),
  };
}
